// Fashion-MNIST (Xiao et al. 2017): 70,000 grey pictures of clothes, 28 x 28, 10 classes.
#include "data/dataset_format.h"
#include "data/idx_folder.h"

namespace espalier::data::datasets_::fashion_mnist_ {
namespace {

constexpr IdxDataset kFashionMnist{
    .name = "fashion-mnist",
    .where_to_get = "install Debian's package dataset-fashion-mnist",
    .classes = 10,
    // Over all pixels of the 60,000 training images: sum 3431114169, sum of squares 631470052347.
    .mean = 0.2860405969887955,
    .deviation = 0.3530242445149226,
};

StoredDataset read(const Source& source) { return read_idx_dataset(kFashionMnist, source.path); }

}  // namespace

extern const DatasetFormat fashion_mnist{
    .name = kFashionMnist.name, .summary = "70,000 grey 28x28 pictures of clothes, 10 classes", .read = read};

}  // namespace espalier::data::datasets_::fashion_mnist_
