// While it is held, nobody has the file open for writing, and who wants to open it so waits. Not every file system has
// it.
#pragma once

namespace mlops::store {

class ReadLease {
 public:
  explicit ReadLease(int fd);
  ~ReadLease();
  ReadLease(const ReadLease&) = delete;
  ReadLease& operator=(const ReadLease&) = delete;
  explicit operator bool() const { return held_; }

 private:
  int fd_;
  bool held_ = false;
};

}  // namespace mlops::store
