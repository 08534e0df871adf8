// CIFAR-100 (Krizhevsky 2009): 60,000 colour pictures of things, 32 x 32, 100 fine classes. Each record has
// the coarse label (of 20) first; it is not used.
#include "data/cifar_folder.h"

namespace espalier::data::datasets_::cifar_100_ {
namespace {

constexpr const char* kTrainFiles[] = {"train.bin"};

constexpr CifarDataset kCifar100{
    .whereabouts = {.name = "cifar-100",
                    .where_to_get =
                        "download and unpack https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                    .files = "train.bin and test.bin (or their folder cifar-100-binary)",
                    .subfolder = "cifar-100-binary"},
    .train_files = kTrainFiles,
    .test_file = "test.bin",
    .label_bytes = 2,
    .classes = 100,
    // Over all pixels of the 50,000 training images, as the field uses them.
    .mean = {0.50707516, 0.48654887, 0.44091784},
    .deviation = {0.26733429, 0.25643846, 0.27615047},
};

StoredDataset read(const Source& source) { return read_cifar_dataset(kCifar100, source.path); }

}  // namespace

extern const DatasetFormat cifar_100{.name = kCifar100.whereabouts.name,
                                     .summary = "60,000 colour 32x32 pictures of things, 100 fine classes",
                                     .read = read};

}  // namespace espalier::data::datasets_::cifar_100_
