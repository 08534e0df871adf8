// For headers that others include: LibTorch's tensor by name alone, as its headers cost 3 s a file.
#pragma once

namespace at {
class Tensor;
}
