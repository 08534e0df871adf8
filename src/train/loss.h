// What training minimises. One file in train/losses each.
#pragma once

#include "base/table.h"
#include "train/torch.h"

namespace espalier::train {

struct Loss {
    std::string_view name;
    std::string_view summary;
    /// The mean over the batch, a scalar. `outputs` [n, classes], `labels` i64 [n].
    at::Tensor (*compute)(const at::Tensor& outputs, const at::Tensor& labels);
};

const Table<Loss>& losses();

}  // namespace espalier::train
