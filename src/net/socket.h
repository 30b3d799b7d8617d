#pragma once
// Owner of a descriptor, and socket addresses as values. For the files of this folder.

#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <string>
#include <sys/socket.h>
#include <utility>

namespace penstock::net {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool valid() const noexcept { return number_ >= 0; }
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }
  void close() noexcept;

 private:
  int number_ = -1;
};

/// An IP address and port.
struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;

  /// From a numeric address; nothing for a name.
  [[nodiscard]] static std::optional<Address> parse(const std::string& text, std::uint16_t port);
  [[nodiscard]] static Address from(const sockaddr* address, socklen_t length);

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
  [[nodiscard]] std::uint16_t port() const;
  void set_port(std::uint16_t port);
  /// Numeric, without the port; an IPv4 address in IPv6 clothes as IPv4.
  [[nodiscard]] std::string host() const;
};

}  // namespace penstock::net
