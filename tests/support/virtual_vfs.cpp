// SQLite on a virtual disk: a VFS with WAL (shared memory on the heap) and the locks that the
// connections of one process need among each other.
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "tests/support/virtual_disk.h"

namespace cairn {
namespace {

constexpr int short_read = SQLITE_IOERR_SHORT_READ;

struct open_database : sqlite3_file {
  virtual_disk* on;
  std::string path;
  std::shared_ptr<virtual_node> node;
  std::shared_ptr<sqlite_sharing> sharing;
  std::uint64_t life;
  int level;            // SQLITE_LOCK_…
  unsigned shm_shared;  // slots held
  unsigned shm_exclusive;
  bool delete_on_close;
};

open_database& self(sqlite3_file* f) { return *static_cast<open_database*>(f); }

}  // namespace

// Befriended by virtual_disk: everything that touches it is here.
class virtual_vfs {
 public:
  static virtual_disk& disk_of(sqlite3_vfs* vfs) {
    return *static_cast<virtual_disk*>(vfs->pAppData);
  }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* out, int flags,
                  int* out_flags) {
    auto& on = disk_of(vfs);
    out->pMethods = nullptr;
    const std::lock_guard lock(on.mutex_);
    if (on.dead_) return SQLITE_IOERR;
    if (name != nullptr && on.refuses_open_locked(name)) return SQLITE_CANTOPEN;
    auto node = name == nullptr ? std::make_shared<virtual_node>() : on.find_locked(name);
    if (!node) {
      if ((flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
      if (!on.step_locked()) return SQLITE_IOERR;
      node = on.files_.emplace(name, std::make_shared<virtual_node>()).first->second;
    }
    auto* made = new (out) open_database{};
    made->on = &on;
    made->path = name == nullptr ? "" : name;
    made->node = node;
    made->sharing = node->sharing;
    made->life = on.life_;
    made->delete_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0 && name != nullptr;
    made->pMethods = methods();
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
  }

  static int close(sqlite3_file* f) {
    auto& me = self(f);
    {
      const std::lock_guard lock(me.on->mutex_);
      drop_locks(me);
      drop_shm_locks(me);
      if (me.delete_on_close && me.on->alive_locked(me.life)) me.on->files_.erase(me.path);
    }
    me.~open_database();
    return SQLITE_OK;
  }

  static int read(sqlite3_file* f, void* out, int n, sqlite3_int64 offset) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    if (!me.on->alive_locked(me.life)) return SQLITE_IOERR_READ;
    if (me.on->take_fault_locked(me.on->read_fault_, me.path) != 0) return SQLITE_IOERR_READ;
    const auto length = static_cast<std::uint64_t>(n);
    const auto from = std::min<std::uint64_t>(static_cast<std::uint64_t>(offset), me.node->size());
    const auto there = std::min(length, me.node->size() - from);
    if (there > 0) std::memcpy(out, me.node->view({from, there}).data(), there);
    std::memset(static_cast<char*>(out) + there, 0, length - there);
    return there == length ? SQLITE_OK : short_read;
  }

  static int write(sqlite3_file* f, const void* what, int n, sqlite3_int64 offset) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    const iovec one{const_cast<void*>(what), static_cast<std::size_t>(n)};
    const auto done = me.on->write_locked(me.path, *me.node, me.life, std::span(&one, 1),
                                          static_cast<std::uint64_t>(offset));
    if (done) return SQLITE_OK;
    return done.error().code == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
  }

  static int truncate(sqlite3_file* f, sqlite3_int64 size) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    return me.on->resize_locked(me.path, *me.node, me.life, static_cast<std::uint64_t>(size))
               ? SQLITE_OK
               : SQLITE_IOERR_TRUNCATE;
  }

  static int sync(sqlite3_file* f, int) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    return me.on->sync_locked(me.path, *me.node, me.life) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
  }

  static int file_size(sqlite3_file* f, sqlite3_int64* out) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    if (!me.on->alive_locked(me.life)) return SQLITE_IOERR_FSTAT;
    *out = static_cast<sqlite3_int64>(me.node->size());
    return SQLITE_OK;
  }

  // ---- locks of the database file
  static void drop_locks(open_database& me) {
    auto& s = *me.sharing;
    if (me.level >= SQLITE_LOCK_SHARED) --s.shared;
    if (s.reserved == &me) s.reserved = nullptr;
    if (s.pending == &me) s.pending = nullptr;
    if (s.exclusive == &me) s.exclusive = nullptr;
    me.level = SQLITE_LOCK_NONE;
  }

  static bool others(const void* holder, const open_database& me) {
    return holder != nullptr && holder != &me;
  }

  static int lock(sqlite3_file* f, int wanted) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    if (!me.on->alive_locked(me.life)) return SQLITE_IOERR_LOCK;
    auto& s = *me.sharing;
    if (wanted <= me.level) return SQLITE_OK;
    if (others(s.exclusive, me)) return SQLITE_BUSY;
    if (wanted == SQLITE_LOCK_SHARED) {
      if (others(s.pending, me)) return SQLITE_BUSY;
      ++s.shared;
    } else {
      if (others(s.reserved, me) || others(s.pending, me)) return SQLITE_BUSY;
      s.reserved = &me;
      if (wanted == SQLITE_LOCK_EXCLUSIVE) {
        s.pending = &me;
        if (s.shared > 1) return SQLITE_BUSY;
        s.exclusive = &me;
      }
    }
    me.level = wanted;
    return SQLITE_OK;
  }

  static int unlock(sqlite3_file* f, int wanted) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    if (me.level <= wanted) return SQLITE_OK;
    drop_locks(me);
    if (wanted == SQLITE_LOCK_SHARED) {
      ++me.sharing->shared;
      me.level = SQLITE_LOCK_SHARED;
    }
    return SQLITE_OK;
  }

  static int check_reserved(sqlite3_file* f, int* out) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    *out = me.sharing->reserved != nullptr || me.sharing->exclusive != nullptr;
    return SQLITE_OK;
  }

  // ---- shared memory of WAL
  static int shm_map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    *out = nullptr;
    if (!me.on->alive_locked(me.life)) return SQLITE_IOERR_SHMMAP;
    auto& regions = me.sharing->regions;
    const auto index = static_cast<std::size_t>(region);
    if (index >= regions.size() && extend == 0) return SQLITE_OK;
    while (index >= regions.size())
      regions.push_back(std::make_unique<bytes>(static_cast<std::size_t>(size)));
    *out = regions[index]->data();
    return SQLITE_OK;
  }

  static void drop_shm_locks(open_database& me) {
    for (unsigned i = 0; i < 8; ++i) drop_shm_slot(me, i);
  }

  static void drop_shm_slot(open_database& me, unsigned slot) {
    const unsigned bit = 1U << slot;
    if ((me.shm_shared & bit) != 0) --me.sharing->shm_shared[slot];
    if ((me.shm_exclusive & bit) != 0) me.sharing->shm_exclusive[slot] = nullptr;
    me.shm_shared &= ~bit;
    me.shm_exclusive &= ~bit;
  }

  static bool shm_free(const open_database& me, unsigned slot, bool exclusive) {
    const auto& s = *me.sharing;
    if (others(s.shm_exclusive[slot], me)) return false;
    const int mine = (me.shm_shared >> slot & 1U) != 0 ? 1 : 0;
    return !exclusive || s.shm_shared[slot] - mine == 0;
  }

  static int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    const auto first = static_cast<unsigned>(offset), end = first + static_cast<unsigned>(n);
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
      for (auto slot = first; slot < end; ++slot) drop_shm_slot(me, slot);
      return SQLITE_OK;
    }
    if (!me.on->alive_locked(me.life)) return SQLITE_IOERR_SHMLOCK;
    for (auto slot = first; slot < end; ++slot)
      if (!shm_free(me, slot, exclusive)) return SQLITE_BUSY;
    for (auto slot = first; slot < end; ++slot) take_shm_slot(me, slot, exclusive);
    return SQLITE_OK;
  }

  static void take_shm_slot(open_database& me, unsigned slot, bool exclusive) {
    const unsigned bit = 1U << slot;
    if (exclusive) {
      me.sharing->shm_exclusive[slot] = &me;
      me.shm_exclusive |= bit;
    } else if ((me.shm_shared & bit) == 0) {
      ++me.sharing->shm_shared[slot];
      me.shm_shared |= bit;
    }
  }

  // The mutex is a barrier, and one that the thread sanitizer understands.
  static void shm_barrier(sqlite3_file* f) { const std::lock_guard lock(self(f).on->mutex_); }

  static int shm_unmap(sqlite3_file* f, int) {
    auto& me = self(f);
    const std::lock_guard lock(me.on->mutex_);
    drop_shm_locks(me);
    return SQLITE_OK;
  }

  // ---- names
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    auto& on = disk_of(vfs);
    const auto done = on.remove(name);
    if (!done) return done.error().code == ENOENT ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
    const std::string path = name;
    if (sync_directory == 0) return SQLITE_OK;
    return on.sync_directory(path.substr(0, path.rfind('/'))) ? SQLITE_OK : SQLITE_IOERR_DIR_FSYNC;
  }

  static int access(sqlite3_vfs* vfs, const char* name, int, int* out) {
    *out = disk_of(vfs).exists(name) ? 1 : 0;
    return SQLITE_OK;
  }

  static int full_path(sqlite3_vfs*, const char* name, int n, char* out) {
    sqlite3_snprintf(n, out, "%s", name);
    return SQLITE_OK;
  }

  static const sqlite3_io_methods* methods();
};

const sqlite3_io_methods* virtual_vfs::methods() {
  static const sqlite3_io_methods all = [] {
    sqlite3_io_methods m{};
    m.iVersion = 2;
    m.xClose = close;
    m.xRead = read;
    m.xWrite = write;
    m.xTruncate = truncate;
    m.xSync = sync;
    m.xFileSize = file_size;
    m.xLock = lock;
    m.xUnlock = unlock;
    m.xCheckReservedLock = check_reserved;
    m.xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; };
    m.xSectorSize = [](sqlite3_file*) { return 4096; };
    // As the unix VFS says of every disk; a lost block of ours harms nothing outside of it.
    m.xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; };
    m.xShmMap = shm_map;
    m.xShmLock = shm_lock;
    m.xShmBarrier = shm_barrier;
    m.xShmUnmap = shm_unmap;
    return m;
  }();
  return &all;
}

std::unique_ptr<sqlite3_vfs> register_virtual_vfs(virtual_disk& on, const char* name) {
  const sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  auto vfs = std::make_unique<sqlite3_vfs>(*real);  // randomness, sleep and time are the real one's
  vfs->szOsFile = sizeof(open_database);
  vfs->pNext = nullptr;
  vfs->zName = name;
  vfs->pAppData = &on;
  vfs->xOpen = virtual_vfs::open;
  vfs->xDelete = virtual_vfs::remove;
  vfs->xAccess = virtual_vfs::access;
  vfs->xFullPathname = virtual_vfs::full_path;
  sqlite3_vfs_register(vfs.get(), 0);
  return vfs;
}

void unregister_virtual_vfs(sqlite3_vfs& vfs) { sqlite3_vfs_unregister(&vfs); }

}  // namespace cairn
