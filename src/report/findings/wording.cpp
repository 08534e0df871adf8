#include "report/findings/wording.h"

#include <array>
#include <cctype>

#include "store/tables/score_name.h"

namespace espalier::report {
namespace {

constexpr std::array kWords = {"accuracy", "Accuracy", "accuracies", "Accuracies"};

bool is_of_name(const std::string& text, std::size_t at) {
    if (at >= text.size()) return false;
    const auto c = static_cast<unsigned char>(text[at]);
    return std::isalnum(c) != 0 || c == '_' || c == '/' || c == '-';
}

void replace_word(std::string& text, const std::string& word, const std::string& by) {
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
        const std::size_t end = at + word.size();
        if ((at > 0 && is_of_name(text, at - 1)) || is_of_name(text, end)) {
            at = end;
            continue;
        }
        text.replace(at, word.size(), by);
        at += by.size();
    }
}

}  // namespace

std::string score_of(const Experiment& experiment) { return store::score_name(experiment.facts); }

std::string worded(const Experiment& experiment, const std::string& text) {
    const std::string score = score_of(experiment);
    std::string out = text;
    if (score == kWords.front()) return out;
    for (const char* word : kWords) replace_word(out, word, score);
    return out;
}

void word(const Experiment& experiment, nlohmann::ordered_json& data) {
    if (data.is_string()) {
        data = worded(experiment, data.get<std::string>());
    } else if (data.is_structured()) {
        for (auto& one : data) word(experiment, one);
    }
}

}  // namespace espalier::report
