// MNIST (LeCun et al. 1998): 70,000 grey pictures of handwritten digits, 28 x 28, 10 classes.
#include "data/dataset_format.h"
#include "data/idx_folder.h"

namespace espalier::data::datasets_::mnist_ {
namespace {

constexpr IdxDataset kMnist{
    .name = "mnist",
    .where_to_get = "download its four files, for example from https://ossci-datasets.s3.amazonaws.com/mnist",
    .classes = 10,
    // Over all pixels of the 60,000 training images: sum 1567298545, sum of squares 342590800147.
    .mean = 0.13066047627384286,
    .deviation = 0.3081078038564627,
};

StoredDataset read(const Source& source) { return read_idx_dataset(kMnist, source.path); }

}  // namespace

extern const DatasetFormat mnist{.name = kMnist.name,
                                 .summary = "70,000 grey 28x28 pictures of handwritten digits, 10 classes",
                                 .read = read};

}  // namespace espalier::data::datasets_::mnist_
