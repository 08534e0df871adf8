// How long OpenMP's threads spin at a barrier before they sleep.
#pragma once

namespace espalier {

/// libgomp spins for seconds where there are as many cores as threads, and when another program takes a core,
/// all the others burn theirs: two threads then train at 0.7 times the speed of one. Spinning for some 10
/// microseconds first keeps what is gained (1.41 times) without that (docs/decisions). libgomp reads the
/// environment when it is loaded: true if the program is to start again for it (base/start_again.h), false if
/// that was done or the user has set a policy.
bool limit_spinning();

}  // namespace espalier
