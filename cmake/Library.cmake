# libespalier: all modules that do not train, with the C interface, shared and static. Consumers see include/espalier and
# nothing else: no warnings, include roots or libraries of ours (tests/consumer).
#
#   Espalier::espalier   the shared one, or the static one where BUILD_SHARED_LIBS is set and off
#   Espalier::runtime, Espalier::prune, ...   names of it for each part, which find_package(... COMPONENTS) asks for
#   Espalier::train      what trains: static, above the static one and LibTorch
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

configure_file(cmake/install/version.h.in ${PROJECT_BINARY_DIR}/include/espalier/version.h @ONLY)
set(ESPALIER_COMPONENTS c data experiment graph models onnx prune recipe report runtime store surgery tensor)

# What is linked to a shared library is nobody's business, so it is not exported with it.
function(espalier_library target type modules)
    get_property(libraries GLOBAL PROPERTY ESPALIER_LIBRARIES)
    list(REMOVE_DUPLICATES libraries)
    set(objects "")
    foreach(module IN LISTS modules)
        list(APPEND objects $<TARGET_OBJECTS:espalier_${module}>)
    endforeach()
    add_library(${target} ${type} ${objects})
    set_target_properties(${target} PROPERTIES
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} LINKER_LANGUAGE CXX)
    if(type STREQUAL SHARED)
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:espalier_flags> $<BUILD_INTERFACE:${libraries}>)
        set(map ${PROJECT_SOURCE_DIR}/cmake/install/symbols.map)
        target_link_options(${target} PRIVATE -Wl,--version-script=${map} -Wl,--exclude-libs,ALL)
        set_target_properties(${target} PROPERTIES LINK_DEPENDS ${map})
    else()
        target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:espalier_flags> ${libraries})
    endif()
    target_compile_features(${target} INTERFACE cxx_std_20)
    target_include_directories(${target} INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

get_property(modules GLOBAL PROPERTY ESPALIER_MODULES)
set(training train lottery)
list(REMOVE_ITEM modules ${training})
espalier_library(espalier_shared SHARED "${modules}")
espalier_library(espalier_static STATIC "${modules}")
set_target_properties(espalier_shared espalier_static PROPERTIES OUTPUT_NAME espalier)
set_target_properties(espalier_shared PROPERTIES EXPORT_NAME shared)
set_target_properties(espalier_static PROPERTIES EXPORT_NAME static)
set(chosen espalier_shared)
if(DEFINED BUILD_SHARED_LIBS AND NOT BUILD_SHARED_LIBS)
    set(chosen espalier_static)
endif()
foreach(name espalier ${ESPALIER_COMPONENTS})
    add_library(Espalier::${name} ALIAS ${chosen})
endforeach()
if(ESPALIER_TRAIN)
    add_library(espalier_train_static STATIC $<TARGET_OBJECTS:espalier_train> $<TARGET_OBJECTS:espalier_lottery>)
    target_link_libraries(espalier_train_static
        PUBLIC espalier_static PRIVATE $<BUILD_INTERFACE:espalier_flags> "${TORCH_LIBRARIES}")
    set_target_properties(espalier_train_static PROPERTIES OUTPUT_NAME espalier-train EXPORT_NAME train LINKER_LANGUAGE CXX)
    add_library(Espalier::train ALIAS espalier_train_static)
endif()

if(NOT ESPALIER_INSTALL)
    set_target_properties(espalier_shared espalier_static PROPERTIES EXCLUDE_FROM_ALL ON)
    return()
endif()

# Parts: runtime (program, shared library), development (headers, static library, CMake, pkg-config).
set(cmake_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Espalier)
install(TARGETS espalier_shared EXPORT EspalierShared
        LIBRARY COMPONENT runtime NAMELINK_COMPONENT development)
install(TARGETS espalier_static EXPORT EspalierStatic ARCHIVE COMPONENT development)
install(EXPORT EspalierShared NAMESPACE Espalier:: DESTINATION ${cmake_folder} COMPONENT development)
install(EXPORT EspalierStatic NAMESPACE Espalier:: DESTINATION ${cmake_folder} COMPONENT development)
if(ESPALIER_TRAIN)
    install(TARGETS espalier_train_static EXPORT EspalierTrain ARCHIVE COMPONENT development)
    install(EXPORT EspalierTrain NAMESPACE Espalier:: DESTINATION ${cmake_folder} COMPONENT development)
endif()
install(DIRECTORY include/espalier DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN *.h)
install(FILES ${PROJECT_BINARY_DIR}/include/espalier/version.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/espalier COMPONENT development)
configure_package_config_file(cmake/install/EspalierConfig.cmake.in EspalierConfig.cmake INSTALL_DESTINATION ${cmake_folder})
write_basic_package_version_file(EspalierConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/EspalierConfig.cmake ${PROJECT_BINARY_DIR}/EspalierConfigVersion.cmake
              cmake/Dependencies.cmake
        DESTINATION ${cmake_folder} COMPONENT development)
# The prefix is found from where the file lies, so that a folder that was moved still works.
file(RELATIVE_PATH ESPALIER_UP /usr/${CMAKE_INSTALL_LIBDIR}/pkgconfig /usr)
configure_file(cmake/install/espalier.pc.in ${PROJECT_BINARY_DIR}/espalier.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/espalier.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
if(ESPALIER_PROGRAM)
    install(TARGETS espalier RUNTIME COMPONENT runtime)
endif()
if(ESPALIER_PROGRAM AND ESPALIER_TRAIN)
    install(TARGETS espalier-train RUNTIME COMPONENT train)
endif()
