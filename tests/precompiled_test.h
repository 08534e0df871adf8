// What every test includes and nobody changes, compiled once (base/precompiled.h).
#pragma once

#include <gtest/gtest.h>

#include "base/precompiled.h"
