#include <fmt/format.h>

#include <algorithm>

#include "calibrate/batches.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "tensor/npy.h"
#include "tensor/npz.h"

namespace espalier::experiment {
namespace {

namespace fs = std::filesystem;

bool is_archive(const fs::path& path) { return path.extension() == ".npz" || path.extension() == ".npy"; }

std::vector<fs::path> files_at(const fs::path& path) {
    if (!fs::is_directory(path)) return {path};
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
        if (entry.is_regular_file() && is_archive(entry.path())) files.push_back(entry.path());
    }
    if (files.empty())
        throw BadData(fmt::format("{}: no .npz and no .npy file in this folder", path.string()));
    std::ranges::sort(files);
    return files;
}

NamedTensors read(const Graph& graph, const fs::path& file) {
    if (file.extension() == ".npz") return read_npz(file, [](std::string_view) {});
    if (file.extension() != ".npy")
        throw BadData(fmt::format("{}: expected an .npz, an .npy or a folder of these", file.string()));
    if (graph.inputs.size() != 1)
        throw BadData(fmt::format("{}: the network has {} inputs, expected an .npz with an array for each",
                                  file.string(), graph.inputs.size()));
    NamedTensors tensors;
    tensors.emplace(graph.inputs.front().name, read_npy(file));
    return tensors;
}

}  // namespace

std::vector<NamedTensors> read_calibration(const Graph& graph, const std::filesystem::path& path) {
    std::vector<NamedTensors> batches;
    for (const fs::path& file : files_at(path)) {
        try {
            for (NamedTensors& batch : calibrate::divided(graph, read(graph, file)))
                batches.push_back(std::move(batch));
        } catch (const BadData& error) {
            const std::string text = error.what();
            throw BadData(text.starts_with(file.string()) ? text
                                                          : fmt::format("{}: {}", file.string(), text));
        }
    }
    return batches;
}

}  // namespace espalier::experiment
