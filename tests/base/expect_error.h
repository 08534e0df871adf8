// EXPECT_ERROR(BadData, "cut off", load(path)): throws exactly that type, with the words in its message.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <typeinfo>

#include "espalier/error.h"

#define EXPECT_ERROR(Type, words, ...)                                                       \
    try {                                                                                    \
        static_cast<void>(__VA_ARGS__);                                                      \
        ADD_FAILURE() << "nothing was thrown, expected " #Type ": " << (words);              \
    } catch (const ::espalier::Error& error) {                                               \
        EXPECT_TRUE(typeid(error) == typeid(::espalier::Type))                               \
            << "expected " #Type ", got another error: " << error.what();                    \
        EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what(); \
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();  \
    }
