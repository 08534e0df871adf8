// CIFAR-10 (Krizhevsky 2009): 60,000 colour pictures of animals and vehicles, 32 x 32, 10 classes.
#include "data/cifar_folder.h"

namespace espalier::data::datasets_::cifar_10_ {
namespace {

constexpr const char* kTrainFiles[] = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                       "data_batch_4.bin", "data_batch_5.bin"};

constexpr CifarDataset kCifar10{
    .whereabouts = {.name = "cifar-10",
                    .where_to_get =
                        "download and unpack https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                    .files = "data_batch_1.bin to data_batch_5.bin and test_batch.bin (or their folder "
                             "cifar-10-batches-bin)",
                    .subfolder = "cifar-10-batches-bin"},
    .train_files = kTrainFiles,
    .test_file = "test_batch.bin",
    .label_bytes = 1,
    .classes = 10,
    // Over all pixels of the 50,000 training images, as the field uses them.
    .mean = {0.49139968, 0.48215841, 0.44653091},
    .deviation = {0.24703223, 0.24348513, 0.26158784},
};

StoredDataset read(const Source& source) { return read_cifar_dataset(kCifar10, source.path); }

}  // namespace

extern const DatasetFormat cifar_10{
    .name = kCifar10.whereabouts.name,
    .summary = "60,000 colour 32x32 pictures of animals and vehicles, 10 classes",
    .read = read};

}  // namespace espalier::data::datasets_::cifar_10_
