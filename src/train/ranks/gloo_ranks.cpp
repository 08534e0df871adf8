// Ranks over LibTorch's c10d with Gloo: sums in two exchanges, each rank adding one part of the vector.
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

#include "base/files.h"
#include "train/ranks/pairwise_sum.h"
#include "train/ranks/ranks.h"
#include "train/ranks/reach.h"

#ifdef ESPALIER_GLOO
#ifndef USE_C10D_GLOO  // LibTorch's CMake files say it, other ways of finding it need not
#define USE_C10D_GLOO
#endif
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif

namespace espalier::train {
namespace {

/// One process has nobody to wait for.
class OneRank : public Ranks {
  public:
    int rank() const override { return 0; }
    int size() const override { return 1; }
    void sum(std::span<float>) override {}
    std::vector<std::string> gather(const std::string& text) override { return {text}; }
};

#ifdef ESPALIER_GLOO

using Clock = std::chrono::steady_clock;

constexpr auto kLookAgain = std::chrono::milliseconds(50);  // at the folder
constexpr auto kConnect = std::chrono::seconds(2);          // with one address
constexpr auto kAnswer = std::chrono::hours(1);  // of a rank; one that is killed is noticed at once

/// What Gloo and c10d throw, as one line.
std::string line_of(const std::exception& error) {
    const std::string text = error.what();
    return text.substr(0, text.find('\n'));
}

std::vector<std::uint8_t> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }
std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

/// What c10d writes to its own log is told here as errors; glog would print both. Not every LibTorch has
/// glog.
void quieten_glog() {
    constexpr std::int32_t kFatal = 3;
    auto* level = static_cast<std::int32_t*>(::dlsym(RTLD_DEFAULT, "_ZN3fLI17FLAGS_minloglevelE"));
    if (level != nullptr) *level = kFatal;
}

using StorePointer = c10::intrusive_ptr<c10d::TCPStore>;

/// How two processes come to one store, which is the first rank's.
class Introduction {
  public:
    explicit Introduction(const Meeting& meeting)
        : meeting_(meeting),
          until_(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(meeting.patience_seconds))) {}

    StorePointer store() {
        if (!meeting_.place.is_first()) return visit();
        c10d::TCPStoreOptions options;
        options.port = 0;
        options.isServer = true;
        options.waitWorkers = false;
        auto store = c10::make_intrusive<c10d::TCPStore>("127.0.0.1", options);
        reach_ = own_reach(store->getPort(), meeting_.place.count);
        store->set("session", bytes_of(reach_.session));
        write_reach(meeting_.folder, reach_);
        return store;
    }

    /// Every rank's machine, known once all have come.
    std::vector<std::string> hosts(c10d::TCPStore& store) {
        const auto key = [](int rank) { return fmt::format("host {}", rank); };
        store.set(key(meeting_.place.index), bytes_of(host_name()));
        std::vector<std::string> hosts;
        for (int rank = 0; rank < meeting_.place.count; ++rank) {
            while (!store.check({key(rank)})) {
                require_not_stopped();
                if (Clock::now() > until_)
                    throw Error(fmt::format("rank {} of {} did not come to {} within {} s: {}", rank,
                                            meeting_.place.count, meeting_.folder.string(),
                                            meeting_.patience_seconds, kAdvice));
                std::this_thread::sleep_for(kLookAgain);
            }
            hosts.push_back(text_of(store.get(key(rank))));
        }
        return hosts;
    }

    /// Of this machine, where the other ranks reach it.
    std::string own_address(const std::vector<std::string>& hosts) const {
        const bool is_one_machine = std::ranges::count(hosts, hosts[0]) == std::ssize(hosts);
        for (const std::string& address : reach_.addresses) {
            const std::string own = is_one_machine ? "" : address_towards(address);
            if (!own.empty()) return own;
        }
        return "127.0.0.1";
    }

  private:
    static constexpr const char* kAdvice = "do all ranks have the same recipe, --run and folder?";

    void require_not_stopped() const {
        if (meeting_.stop != nullptr && meeting_.stop->load())
            throw Interrupted(fmt::format("stopped while rank {} of {} waited for the others",
                                          meeting_.place.index, meeting_.place.count));
    }

    StorePointer visit() {
        while (true) {
            require_not_stopped();
            if (const auto reach = read_reach(meeting_.folder)) {
                if (auto store = connect(*reach)) {
                    reach_ = *reach;
                    enter(*store);
                    return store;
                }
            }
            if (Clock::now() > until_)
                throw Error(fmt::format("rank 0 did not come to {} within {} s: {}", meeting_.folder.string(),
                                        meeting_.patience_seconds, kAdvice));
            std::this_thread::sleep_for(kLookAgain);
        }
    }

    /// Null if nobody, or somebody else, is there: the file may be of a training that has ended.
    static StorePointer connect(const Reach& reach) {
        std::vector<std::string> addresses = reach.addresses;
        if (reach.host == host_name()) addresses = {"127.0.0.1"};
        for (const std::string& address : addresses) {
            try {
                c10d::TCPStoreOptions options;
                options.port = reach.port;
                options.waitWorkers = false;
                options.timeout = kConnect;
                auto store = c10::make_intrusive<c10d::TCPStore>(address, options);
                if (text_of(store->get("session")) == reach.session) return store;
            } catch (const std::exception&) {  // the next address, or the next look at the folder
            }
        }
        return {};
    }

    void enter(c10d::TCPStore& store) const {
        const auto& [index, count, local] = meeting_.place;
        if (reach_.size != count)
            throw Error(fmt::format("rank {} of {} came to {}, where a training of {} ranks meets", index,
                                    count, meeting_.folder.string(), reach_.size));
        if (store.add(fmt::format("rank {}", index), 1) > 1)
            throw Error(
                fmt::format("{}: another process is rank {} of this run", meeting_.folder.string(), index));
    }

    const Meeting& meeting_;
    Clock::time_point until_;
    Reach reach_;
};

class GlooRanks : public Ranks {
  public:
    explicit GlooRanks(const Meeting& meeting) : rank_(meeting.place.index), size_(meeting.place.count) {
        if (is_first()) {
            make_folder(meeting.folder);
            lock_.emplace(meeting.folder / "lock-ranks",
                          fmt::format("{}: another training of several ranks works on this run",
                                      meeting.folder.string()));
        }
        Introduction introduction(meeting);
        store_ = introduction.store();
        const std::string address = introduction.own_address(introduction.hosts(*store_));
        const auto options = c10d::ProcessGroupGloo::Options::create(kAnswer);
        options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(address));
        options->threads = 1;
        group_ = c10::make_intrusive<c10d::ProcessGroupGloo>(store_, rank_, size_, options);
        gather("");  // all are connected
        if (is_first()) remove_file(reach_file(meeting.folder));
    }

    int rank() const override { return rank_; }
    int size() const override { return size_; }

    /// Rank r adds part r of all, and gives the sum to all: every rank sends and receives 2 (R - 1) / R of
    /// the vector, as with a ring.
    void sum(std::span<float> values) override {
        if (values.empty()) return;  // as they are on all ranks; Gloo divides by their number
        const auto count = static_cast<std::int64_t>(values.size());
        const std::int64_t part = (count + size_ - 1) / size_;
        const at::Tensor own = at::zeros({part * size_});
        std::ranges::copy(values, own.data_ptr<float>());
        at::Tensor parts = at::empty({part * size_});
        wait([&] {
            std::vector<std::int64_t> evenly;
            at::Tensor sent = own;
            return group_->alltoall_base(parts, sent, evenly, evenly);
        });
        PairwiseSum sum;
        for (int r = 0; r < size_; ++r) {
            const float* first = parts.data_ptr<float>() + r * part;
            sum.add({first, first + part});
        }
        const std::vector<float> added = sum.take();
        const at::Tensor mine = at::from_blob(const_cast<float*>(added.data()), {part});
        all_gather(own, mine);
        std::copy_n(own.data_ptr<float>(), values.size(), values.begin());
        bytes_sent_ += 2 * (size_ - 1) * part * static_cast<std::int64_t>(sizeof(float));
    }

    std::vector<std::string> gather(const std::string& text) override {
        const at::Tensor lengths = at::empty({size_}, at::kLong);
        all_gather(lengths, at::full({1}, static_cast<std::int64_t>(text.size()), at::kLong));
        const std::int64_t longest = std::max<std::int64_t>(1, lengths.max().item<std::int64_t>());
        const at::Tensor own = at::zeros({longest}, at::kByte);
        std::memcpy(own.data_ptr(), text.data(), text.size());
        const at::Tensor all = at::empty({longest * size_}, at::kByte);
        all_gather(all, own);
        std::vector<std::string> texts;
        for (int r = 0; r < size_; ++r) {
            const auto length = static_cast<std::size_t>(lengths[r].item<std::int64_t>());
            texts.emplace_back(static_cast<const char*>(all.data_ptr()) + r * longest, length);
        }
        return texts;
    }

  private:
    /// `all` becomes what the ranks give as `own`, one after another.
    void all_gather(const at::Tensor& all, const at::Tensor& own) {
        const std::int64_t part = own.numel();
        std::vector<std::vector<at::Tensor>> outputs(1);
        for (int r = 0; r < size_; ++r) outputs[0].push_back(all.narrow(0, r * part, part));
        std::vector<at::Tensor> inputs = {own};
        wait([&] { return group_->allgather(outputs, inputs); });
    }

    template <class Begin>
    static void wait(Begin&& begin) {
        const at::NoGradGuard no_grad;
        try {
            begin()->wait();
        } catch (const std::exception& error) {
            throw RankLost(fmt::format("another rank has ended or cannot be reached ({})", line_of(error)));
        }
    }

    int rank_;
    int size_;
    std::optional<FileLock> lock_;  // of the first
    StorePointer store_;
    c10::intrusive_ptr<c10d::ProcessGroupGloo> group_;
};

#endif

}  // namespace

std::unique_ptr<Ranks> meet(const Meeting& meeting) {
    if (meeting.place.count == 1) return std::make_unique<OneRank>();
#ifdef ESPALIER_GLOO
    quieten_glog();
    try {
        return std::make_unique<GlooRanks>(meeting);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error(fmt::format("the ranks cannot meet: {}", line_of(error)));
    }
#else
    throw Unsupported("this build has no Gloo (package libgloo-dev), by which several ranks train together");
#endif
}

}  // namespace espalier::train
