#pragma once
// A TLS server in this process with certificates made for the test, that can freeze, stall and
// close.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "kube/cluster_config.h"

namespace penstock::test {

/// A certificate authority and what it signs, as PEM.
struct Pki {
  std::string ca;
  std::string server_certificate;
  std::string server_key;
  std::string client_certificate;
  std::string client_key;

  /// The server's certificate names 127.0.0.1 and "kube.test".
  static Pki make();
};

/// Accepts TLS connections one thread each and hands every request head to `serve`.
class TlsServer {
 public:
  /// One connection: read a request head (blocking; empty: closed), write bytes (false: closed), or
  /// just wait.
  class Peer {
   public:
    virtual ~Peer() = default;
    virtual std::string read_head() = 0;
    virtual bool write(const std::string& bytes) = 0;
    /// Blocks until the client is gone.
    virtual void wait_closed() = 0;
  };
  using Serve = std::function<void(Peer&)>;

  TlsServer(const Pki& pki, bool ask_client_certificate, Serve serve);
  ~TlsServer();

  [[nodiscard]] kube::ClusterConfig config(const Pki& pki) const;
  [[nodiscard]] int connections() const { return connections_.load(); }
  /// Subject of the last client certificate; empty without one.
  [[nodiscard]] std::string last_client() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::atomic<int> connections_{0};
  std::jthread acceptor_;
};

/// "HTTP/1.1 200 OK" with that body.
[[nodiscard]] std::string ok_answer(const std::string& body);

}  // namespace penstock::test
