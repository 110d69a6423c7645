// LMDB: readers never wait, one writer at a time over all processes, a commit is synced before it returns.
#include <fmt/format.h>
#include <lmdb.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/build.h"
#include "base/error.h"
#include "base/file.h"
#include "base/module.h"
#include "feature/online_engine.h"

namespace mlops::feature {
namespace {

// Address space, not memory: the file grows by what is written. Less where the process may not have as much.
constexpr std::size_t k_largest_map = std::size_t{1} << 40, k_smallest_map = std::size_t{1} << 26;
constexpr unsigned k_readers = 1024;
constexpr std::array<const char*, 3> k_spaces{"rows", "state", "pushed"};

Error failed(const std::string& what, int code) {
  const std::string text = fmt::format("the online store {}: {}", what, mdb_strerror(code));
  if (code == MDB_MAP_FULL) return outside_error(text, "raise the limit of address space (ulimit -v)");
  if (code == MDB_CORRUPTED || code == MDB_INVALID || code == MDB_VERSION_MISMATCH || code == MDB_PAGE_NOTFOUND)
    return state_error(text, "move .mlops/online away; mlops feature materialize makes it anew from the sources");
  return outside_error(text);
}

void check(int code, const char* what) {
  if (code != MDB_SUCCESS) throw failed(what, code);
}

MDB_val val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }
std::string_view view(const MDB_val& value) { return {static_cast<const char*>(value.mv_data), value.mv_size}; }

using Spaces = std::array<MDB_dbi, k_spaces.size()>;

class LmdbTransaction : public Transaction {
 public:
  LmdbTransaction(MDB_env* env, const Spaces& spaces, unsigned flags) : spaces_(spaces) {
    int code = mdb_txn_begin(env, nullptr, flags, &txn_);
    if (code == MDB_READERS_FULL) {  // of processes that are gone
      int dead = 0;
      mdb_reader_check(env, &dead);
      code = mdb_txn_begin(env, nullptr, flags, &txn_);
    }
    check(code, "can't be opened");
  }
  ~LmdbTransaction() override {
    if (txn_ != nullptr) mdb_txn_abort(txn_);
  }
  LmdbTransaction(const LmdbTransaction&) = delete;
  LmdbTransaction& operator=(const LmdbTransaction&) = delete;

  std::optional<std::string_view> get(Space space, std::string_view key) override {
    MDB_val name = val(key), value{};
    const int code = mdb_get(txn_, dbi(space), &name, &value);
    if (code == MDB_NOTFOUND) return std::nullopt;
    check(code, "can't be read");
    return view(value);
  }

  void each(Space space, std::string_view prefix,
            const std::function<bool(std::string_view, std::string_view)>& visit) override {
    MDB_cursor* raw = nullptr;
    check(mdb_cursor_open(txn_, dbi(space), &raw), "can't be read");
    const std::unique_ptr<MDB_cursor, void (*)(MDB_cursor*)> cursor(raw, mdb_cursor_close);
    MDB_val name = val(prefix), value{};
    int code = mdb_cursor_get(raw, &name, &value, prefix.empty() ? MDB_FIRST : MDB_SET_RANGE);
    while (code == MDB_SUCCESS && view(name).starts_with(prefix) && visit(view(name), view(value)))
      code = mdb_cursor_get(raw, &name, &value, MDB_NEXT);
    if (code != MDB_NOTFOUND) check(code, "can't be read");
  }

  void put(Space space, std::string_view key, std::string_view value) override {
    MDB_val name = val(key), bytes = val(value);
    check(mdb_put(txn_, dbi(space), &name, &bytes, 0), "can't be written");
  }

  void commit() { check(mdb_txn_commit(std::exchange(txn_, nullptr)), "can't be written"); }

 private:
  [[nodiscard]] MDB_dbi dbi(Space space) const { return spaces_.at(static_cast<std::size_t>(space)); }
  const Spaces& spaces_;
  MDB_txn* txn_ = nullptr;
};

class LmdbEngine : public OnlineEngine {
 public:
  explicit LmdbEngine(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw outside_error(fmt::format("can't make \"{}\": {}", folder.string(), error.message()));
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    const bool fresh = !std::filesystem::exists(folder / "data.mdb", error);
    open_environment(folder);
    int dead = 0;
    mdb_reader_check(env_.get(), &dead);
    open_spaces();
    if (!fresh) return;
    sync_directory(folder);  // LMDB syncs what is in its files, not their names
    sync_directory(folder.parent_path());
  }

  std::unique_ptr<Snapshot> read() override {
    return std::make_unique<LmdbTransaction>(env_.get(), spaces_, MDB_RDONLY);
  }

  void write(const std::function<void(Transaction&)>& work) override {
    LmdbTransaction transaction(env_.get(), spaces_, 0);
    work(transaction);
    transaction.commit();
  }

 private:
  void open_environment(const std::filesystem::path& folder) {
    int code = ENOMEM;
    for (std::size_t map = k_largest_map; code == ENOMEM && map >= k_smallest_map; map /= 2) {
      MDB_env* env = nullptr;
      check(mdb_env_create(&env), "can't be opened");
      env_.reset(env);
      check(mdb_env_set_mapsize(env, map), "can't be opened");
      check(mdb_env_set_maxdbs(env, k_spaces.size()), "can't be opened");
      check(mdb_env_set_maxreaders(env, k_readers), "can't be opened");
      // Snapshots go from thread to thread; most reads are of keys far from each other.
      code = mdb_env_open(env, folder.c_str(), MDB_NOTLS | MDB_NORDAHEAD, 0600);
    }
    check(code, "can't be opened");
  }

  // A first look without writing, so that a reader of a store that is there waits for no writer.
  void open_spaces() {
    for (const unsigned create : {0u, static_cast<unsigned>(MDB_CREATE)}) {
      MDB_txn* txn = nullptr;
      check(mdb_txn_begin(env_.get(), nullptr, create != 0 ? 0 : MDB_RDONLY, &txn), "can't be opened");
      int code = MDB_SUCCESS;
      for (std::size_t i = 0; i < k_spaces.size() && code == MDB_SUCCESS; ++i)
        code = mdb_dbi_open(txn, k_spaces.at(i), create, &spaces_.at(i));
      if (code != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        if (code == MDB_NOTFOUND && create == 0) continue;
        throw failed("can't be opened", code);
      }
      return check(mdb_txn_commit(txn), "can't be opened");
    }
  }

  std::unique_ptr<MDB_env, void (*)(MDB_env*)> env_{nullptr, mdb_env_close};
  Spaces spaces_{};
};

class LmdbEngines : public OnlineEngines {
 public:
  std::unique_ptr<OnlineEngine> open(const std::filesystem::path& folder) override {
    return std::make_unique<LmdbEngine>(folder);
  }
};

LmdbEngines g_engines;
// The interface is the base class: its address, not the derived object's, is what the binary casts to.
OnlineEngines& g_interface = g_engines;

}  // namespace
}  // namespace mlops::feature

MLOPS_MODULE(mlops::feature::g_interface)
