# LibTorch for src/train, which alone links it: espalier_torch.
#
# By default what find_package(Torch) finds, as Debian's libtorch-dev. ESPALIER_TORCH_WHEEL names the folder `torch` of
# PyPI's package instead, which is newer. Its own CMake files ask for a CUDA compiler; its libraries for the processor
# need none, so they are named here.
set(ESPALIER_TORCH_WHEEL "" CACHE PATH "Folder torch of PyPI's package, in place of an installed LibTorch")

add_library(espalier_torch INTERFACE)
if(ESPALIER_TORCH_WHEEL)
    # In full: the installed static library names them to whoever links it.
    set(TORCH_LIBRARIES "")
    foreach(name torch_cpu c10)
        find_library(ESPALIER_TORCH_${name} ${name} PATHS ${ESPALIER_TORCH_WHEEL}/lib NO_DEFAULT_PATH REQUIRED)
        list(APPEND TORCH_LIBRARIES ${ESPALIER_TORCH_${name}})
    endforeach()
    # The wheel brings headers of a fmt of its own, and Espalier's has to be found before them.
    find_path(FMT_INCLUDE_DIR fmt/format.h REQUIRED)
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/include-first)
    file(CREATE_LINK ${FMT_INCLUDE_DIR}/fmt ${PROJECT_BINARY_DIR}/include-first/fmt SYMBOLIC)
    set(TORCH_INCLUDE_DIRS ${PROJECT_BINARY_DIR}/include-first
        ${ESPALIER_TORCH_WHEEL}/include ${ESPALIER_TORCH_WHEEL}/include/torch/csrc/api/include)
else()
    find_package(Torch REQUIRED)
endif()
# LibTorch's own target, without the warnings of its headers.
target_include_directories(espalier_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
if(ESPALIER_TORCH_WHEEL)
    # A wheel has a oneDNN of its own inside, whose templates over std:: both libraries show: 52 names, of which the
    # program takes those that come first. The installed oneDNN, older, fails with the wheel's, not the other way.
    target_link_options(espalier_torch INTERFACE "LINKER:--no-as-needed,${DNNL_LIBRARY},--as-needed")
endif()
target_link_libraries(espalier_torch INTERFACE ${TORCH_LIBRARIES})

# Headers of c10d's Gloo, which LibTorch has without them; a build without refuses --data-parallel with several ranks.
# Debian's are of another Gloo than the one in a wheel.
if(NOT ESPALIER_TORCH_WHEEL)
    find_path(GLOO_INCLUDE_DIR gloo/transport/tcp/device.h)
    find_library(GLOO_LIBRARY gloo)
endif()
if(GLOO_INCLUDE_DIR AND GLOO_LIBRARY)
    target_include_directories(espalier_torch SYSTEM INTERFACE ${GLOO_INCLUDE_DIR})
    target_link_libraries(espalier_torch INTERFACE ${GLOO_LIBRARY})
else()
    message(STATUS "No headers of LibTorch's Gloo: one rank only")
endif()
