#include "graph/computation/einsum.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "espalier/error.h"

namespace espalier {
namespace {

constexpr char kEllipsis = '.';  // one character for the three

class Parser {
  public:
    Parser(const Node& node, const std::vector<std::size_t>& ranks) : node_(node), ranks_(ranks) {
        for (const char c : node.attribute_string("equation", "")) {
            if (c != ' ') text_ += c;
        }
    }

    EinsumForm parse() {
        const std::size_t arrow = text_.find("->");
        const auto terms = split(text_.substr(0, arrow));
        if (terms.size() != ranks_.size()) fail(fmt::format("{} terms", terms.size()));
        for (std::size_t i = 0; i < terms.size(); ++i) {
            const auto named = static_cast<std::size_t>(
                std::ranges::count_if(terms[i], [](char c) { return c != kEllipsis; }));
            const bool open = terms[i].find(kEllipsis) != std::string::npos;
            if (open ? named > ranks_[i] : named != ranks_[i])
                fail(fmt::format("a term for a value of {} dimensions", ranks_[i]));
            if (open) ellipsis_ = std::max(ellipsis_, ranks_[i] - named);
        }
        form_.labels = ellipsis_;
        for (std::size_t i = 0; i < terms.size(); ++i) form_.inputs.push_back(labels_of(terms[i], ranks_[i]));
        const std::string result =
            arrow == std::string::npos ? implied(terms) : compact(text_.substr(arrow + 2));
        const std::size_t known = form_.labels;
        form_.output = labels_of(result, ellipsis_ + result.size());
        if (form_.labels != known) fail("an output label that no input has");
        auto sorted = form_.output;
        std::ranges::sort(sorted);
        if (std::ranges::adjacent_find(sorted) != sorted.end()) fail("an output label that stands twice");
        return std::move(form_);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw InvalidModel(fmt::format("{}: equation \"{}\" of {} inputs has {}", describe(node_), text_,
                                       ranks_.size(), what));
    }

    /// With one character for "...".
    std::string compact(const std::string& term) const {
        std::string out;
        for (std::size_t i = 0; i < term.size(); ++i) {
            if (term.compare(i, 3, "...") == 0) {
                if (out.find(kEllipsis) != std::string::npos) fail("two \"...\" in a term");
                out += kEllipsis;
                i += 2;
            } else if (std::isalpha(static_cast<unsigned char>(term[i])) != 0) {
                out += term[i];
            } else {
                fail(fmt::format("a character of code {}", static_cast<int>(term[i])));
            }
        }
        return out;
    }

    std::vector<std::string> split(const std::string& inputs) const {
        std::vector<std::string> terms;
        std::size_t begin = 0;
        for (std::size_t end = 0; end != std::string::npos; begin = end + 1) {
            end = inputs.find(',', begin);
            terms.push_back(compact(inputs.substr(begin, end == std::string::npos ? end : end - begin)));
        }
        return terms;
    }

    /// Without an arrow: what "..." stands for, then the labels that stand once, in the order of letters.
    std::string implied(const std::vector<std::string>& terms) const {
        std::map<char, int> counts;
        for (const std::string& term : terms) {
            for (const char c : term) ++counts[c];
        }
        std::string result;
        if (ellipsis_ > 0 || counts.contains(kEllipsis)) result += kEllipsis;
        for (const auto& [c, count] : counts) {
            if (c != kEllipsis && count == 1) result += c;
        }
        return result;
    }

    std::vector<std::size_t> labels_of(const std::string& term, std::size_t rank) {
        std::vector<std::size_t> labels;
        const bool open = term.find(kEllipsis) != std::string::npos;
        const std::size_t stands_for = open ? std::min(ellipsis_, rank - (term.size() - 1)) : 0;
        for (const char c : term) {
            if (c == kEllipsis) {  // the last of them, as in broadcasting
                for (std::size_t i = ellipsis_ - stands_for; i < ellipsis_; ++i) labels.push_back(i);
            } else {
                const auto [at, is_new] = numbers_.emplace(c, form_.labels);
                if (is_new) ++form_.labels;
                labels.push_back(at->second);
            }
        }
        return labels;
    }

    const Node& node_;
    const std::vector<std::size_t>& ranks_;
    std::string text_;
    std::size_t ellipsis_ = 0;  // dimensions that "..." stands for
    std::map<char, std::size_t> numbers_;
    EinsumForm form_;
};

}  // namespace

EinsumForm EinsumForm::of(const Node& node, const std::vector<std::size_t>& ranks) {
    return Parser(node, ranks).parse();
}

}  // namespace espalier
