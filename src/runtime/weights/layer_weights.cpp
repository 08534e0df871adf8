#include "runtime/weights/layer_weights.h"

#include <algorithm>

#include "kernels/panel.h"
#include "runtime/cost_model.h"

namespace espalier::runtime {

LayerWeights::LayerWeights(Shape shape, std::span<const float> w, std::vector<float> bias)
    : shape_(std::move(shape)), w_(w), bias_(std::move(bias)) {
    ESPALIER_ASSERT(element_count(shape_) == count() && !bias_.empty() && count() % outputs() == 0);
    nonzeros_ = std::count_if(w_.begin(), w_.end(), [](float value) { return value != 0.0F; });
}

LayerWeights::LayerWeights(Shape shape, std::vector<float>&& w, std::vector<float> bias)
    : LayerWeights(std::move(shape), std::span<const float>(w), std::move(bias)) {
    storage_ = std::move(w);
    w_ = storage_;
}

LayerWeights::LayerWeights(Shape shape, std::span<const float> w, std::vector<float> scale,
                           std::vector<float> bias)
    : LayerWeights(std::move(shape), w, std::move(bias)) {
    ESPALIER_ASSERT(scale.size() == bias_.size());
    scale_ = std::move(scale);
    const auto row = static_cast<std::size_t>(inputs());
    for (std::size_t output = 0; output < scale_.size(); ++output) {
        if (scale_[output] != 0.0F) continue;
        const auto lost = w_.subspan(output * row, row);
        nonzeros_ -= std::ranges::count_if(lost, [](float value) { return value != 0.0F; });
    }
}

std::span<const float> LayerWeights::rows(std::int64_t first, std::int64_t count,
                                          std::unique_ptr<float[]>& room) const {
    const auto row = static_cast<std::size_t>(inputs());
    const auto begin = static_cast<std::size_t>(first);
    const std::span<const float> plain = w_.subspan(begin * row, static_cast<std::size_t>(count) * row);
    if (scale_.empty()) return plain;
    room = std::make_unique_for_overwrite<float[]>(plain.size());
    for (std::size_t i = 0; i < plain.size(); i += row) {
        const float scale = scale_[begin + i / row];
        for (std::size_t j = i; j < i + row; ++j) room[j] = scale * plain[j];
    }
    return {room.get(), plain.size()};
}

std::vector<float> LayerWeights::plain() const {
    std::unique_ptr<float[]> room;
    const std::span<const float> all = rows(0, outputs(), room);
    return {all.begin(), all.end()};
}

bool LayerWeights::is_in_blocks(std::int64_t unit, std::int64_t outputs) const {
    const auto known = in_blocks_.find({unit, outputs});
    if (known != in_blocks_.end()) return known->second;
    return in_blocks_[{unit, outputs}] = has_blocks(unit, outputs);
}

bool LayerWeights::has_blocks(std::int64_t unit, std::int64_t outputs) const {
    constexpr double kMostZeros = 1.25;  // values that are stored, for each nonzero
    const double most = kMostZeros * static_cast<double>(nonzeros_);
    if (static_cast<double>(count()) <= most) return true;
    const auto row = static_cast<std::size_t>(inputs());
    std::int64_t stored = 0;
    std::vector<std::uint8_t> has(row);
    for (std::int64_t first = 0; first < this->outputs(); first += outputs) {
        for (std::int64_t begin = first; begin < first + outputs; begin += unit) {
            const std::int64_t end = std::min(begin + unit, first + outputs);
            std::fill(has.begin(), has.end(), std::uint8_t{0});
            for (std::int64_t output = begin; output < end; ++output) {
                if (!scale_.empty() && scale_[static_cast<std::size_t>(output)] == 0.0F) continue;
                const float* w = w_.data() + static_cast<std::size_t>(output) * row;
                for (std::size_t i = 0; i < row; ++i) has[i] |= static_cast<std::uint8_t>(w[i] != 0.0F);
            }
            stored += std::count(has.begin(), has.end(), std::uint8_t{1}) * (end - begin);
            if (static_cast<double>(stored) > most) return false;
        }
    }
    return true;
}

std::shared_ptr<const dnnl::memory> LayerWeights::onednn(const dnnl::memory::desc& wanted) {
    return forms_.get(wanted, [&](const OnednnForms::Fill& fill) {
        std::unique_ptr<float[]> room;
        fill({row_major(shape_), cpu_engine(), const_cast<float*>(rows(0, outputs(), room).data())});
    });
}

std::shared_ptr<const dnnl::memory> LayerWeights::onednn_transposed(const dnnl::memory::desc& wanted) {
    return transposed_forms_.get(wanted, [&](const OnednnForms::Fill& fill) {
        const dnnl::memory::desc plain({inputs(), outputs()}, dnnl::memory::data_type::f32,
                                       dnnl::memory::dims{1, inputs()});
        std::unique_ptr<float[]> room;
        fill({plain, cpu_engine(), const_cast<float*>(rows(0, outputs(), room).data())});
    });
}

std::shared_ptr<const dnnl::memory> LayerWeights::onednn_bias(const Shape& shape) const {
    return std::make_shared<const dnnl::memory>(row_major(shape), cpu_engine(),
                                                const_cast<float*>(bias_.data()));
}

std::shared_ptr<const kernels::PackedRows> LayerWeights::packed(
    const kernels::PackedRows::Blocking& blocking) {
    return packed(blocking, 0, outputs());
}

std::shared_ptr<const kernels::PackedRows> LayerWeights::packed(const kernels::PackedRows::Blocking& blocking,
                                                                std::int64_t first, std::int64_t count) {
    std::erase_if(packed_, [](const Packed& form) { return form.rows.expired(); });
    for (const Packed& form : packed_) {
        const bool same = form.blocking.block_columns == blocking.block_columns &&
                          form.blocking.parts == blocking.parts && form.blocking.unit == blocking.unit &&
                          form.first == first && form.count == count;
        if (same) return form.rows.lock();
    }
    std::unique_ptr<float[]> room;
    const auto bias =
        std::span(bias_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    auto made = std::make_shared<const kernels::PackedRows>(count, inputs(), rows(first, count, room), bias,
                                                            blocking);
    packed_.push_back({blocking, first, count, made});
    return made;
}

std::shared_ptr<const kernels::PackedRows> LayerWeights::packed_for_panels(std::int64_t rows, int unit) {
    const std::int64_t width = kernels::Panels{rows}.width(0);
    // The sums of a part stay in the L2 cache from block to block; those of 3,072 outputs would not.
    constexpr std::int64_t kPartBytes = 128 * 1024;
    const std::int64_t bytes = outputs() * width * static_cast<std::int64_t>(sizeof(float));
    return packed({.block_columns = panel_block_columns(density(), width),
                   .parts = static_cast<int>((bytes + kPartBytes - 1) / kPartBytes),
                   .unit = unit});
}

std::shared_ptr<const kernels::BitmapRows> LayerWeights::bitmap() {
    auto known = bitmap_.lock();
    if (known != nullptr) return known;
    std::unique_ptr<float[]> room;
    known = std::make_shared<const kernels::BitmapRows>(outputs(), inputs(), rows(0, outputs(), room), bias_);
    bitmap_ = known;
    return known;
}

std::optional<kernels::HalfType> LayerWeights::half_type() {
    if (!half_type_) half_type_ = scale_.empty() ? kernels::half_type_of(w_) : std::nullopt;
    return *half_type_;
}

std::shared_ptr<const kernels::HalfRows> LayerWeights::halves() {
    const std::optional<kernels::HalfType> type = half_type();
    if (!type) return nullptr;
    auto known = halves_.lock();
    if (known != nullptr) return known;
    known = std::make_shared<const kernels::HalfRows>(outputs(), inputs(), w_, *type, bias_);
    halves_ = known;
    return known;
}

std::shared_ptr<const kernels::SparseHalves> LayerWeights::sparse_halves(kernels::HalfType type, int unit) {
    std::erase_if(sparse_halves_, [](const auto& form) { return form.rows.expired(); });
    for (const auto& form : sparse_halves_) {
        if (form.type == type && form.unit == unit) return form.rows.lock();
    }
    std::unique_ptr<float[]> room;
    auto made = std::make_shared<const kernels::SparseHalves>(outputs(), inputs(), rows(0, outputs(), room),
                                                              type, bias_, unit);
    sparse_halves_.push_back({type, unit, made});
    return made;
}

std::shared_ptr<const kernels::HalfBitmapRows> LayerWeights::half_bitmap(kernels::HalfType type) {
    std::erase_if(half_bitmaps_, [](const auto& form) { return form.rows.expired(); });
    for (const auto& form : half_bitmaps_) {
        if (form.type == type) return form.rows.lock();
    }
    std::unique_ptr<float[]> room;
    auto made = std::make_shared<const kernels::HalfBitmapRows>(outputs(), inputs(), rows(0, outputs(), room),
                                                                type, bias_);
    half_bitmaps_.push_back({type, 1, made});
    return made;
}

std::shared_ptr<const kernels::GroupTiles> LayerWeights::group_tiles(int unit, std::int64_t first,
                                                                     std::int64_t count) {
    std::erase_if(tiled_, [](const Tiled& form) { return form.tiles.expired(); });
    for (const Tiled& form : tiled_) {
        if (form.unit == unit && form.first == first) return form.tiles.lock();
    }
    std::unique_ptr<float[]> room;
    const auto bias =
        std::span(bias_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    auto made =
        std::make_shared<const kernels::GroupTiles>(count, inputs(), rows(first, count, room), bias, unit);
    tiled_.push_back({unit, first, made});
    return made;
}

std::shared_ptr<const kernels::F16Rows> LayerWeights::f16_rows(std::int64_t block_columns, std::int64_t first,
                                                               std::int64_t count) {
    std::erase_if(in_f16_, [](const InF16& form) { return form.rows.expired(); });
    for (const InF16& form : in_f16_) {
        if (form.block_columns == block_columns && form.first == first) return form.rows.lock();
    }
    std::unique_ptr<float[]> room;
    const auto bias =
        std::span(bias_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    const kernels::PackedRows packed(count, inputs(), rows(first, count, room), bias,
                                     {.block_columns = block_columns});
    if (!kernels::F16Rows::holds(packed)) return nullptr;
    auto made = std::make_shared<const kernels::F16Rows>(packed);
    in_f16_.push_back({block_columns, first, made});
    return made;
}

}  // namespace espalier::runtime
