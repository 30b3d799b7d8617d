#include "tests/integration/kube/tls_server.h"

#include <arpa/inet.h>
#include <mutex>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace penstock::test {
namespace {

struct Identity {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
};

void extend(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Identity sign(const char* name, const Identity* issuer, const char* names) {
  Identity made;
  made.key = EVP_EC_gen("P-256");
  made.certificate = X509_new();
  X509* certificate = made.certificate;
  static std::atomic<long> serial{1};
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_set_version(certificate, 2);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, made.key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509* by = issuer == nullptr ? certificate : issuer->certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(by));
  extend(certificate, by, NID_basic_constraints,
         issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  if (names != nullptr) {
    extend(certificate, by, NID_subject_alt_name, names);
  }
  X509_sign(certificate, issuer == nullptr ? made.key : issuer->key, EVP_sha256());
  return made;
}

std::string take(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

std::string pem(X509* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  return take(bio);
}

std::string pem(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  return take(bio);
}

class SslPeer final : public TlsServer::Peer {
 public:
  SslPeer(SSL* ssl, int socket) : ssl_(ssl), socket_(socket) {}

  std::string read_head() override {
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      char bytes[4096];
      const int count = SSL_read(ssl_, bytes, sizeof bytes);
      if (count <= 0) {
        return {};
      }
      buffer_.append(bytes, static_cast<std::size_t>(count));
    }
    return std::exchange(buffer_, {});
  }
  bool write(const std::string& bytes) override {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  void wait_closed() override {
    pollfd state{socket_, POLLRDHUP, 0};
    ::poll(&state, 1, 30'000);
  }

 private:
  SSL* ssl_;
  int socket_;
  std::string buffer_;
};

}  // namespace

Pki Pki::make() {
  const Identity ca = sign("test CA", nullptr, nullptr);
  const Identity server = sign("server", &ca, "IP:127.0.0.1,DNS:kube.test");
  const Identity client = sign("operator", &ca, nullptr);
  Pki pki{pem(ca.certificate), pem(server.certificate), pem(server.key), pem(client.certificate),
          pem(client.key)};
  for (const Identity& identity : {ca, server, client}) {
    X509_free(identity.certificate);
    EVP_PKEY_free(identity.key);
  }
  return pki;
}

struct TlsServer::State {
  SSL_CTX* context = nullptr;
  int listener = -1;
  int port = 0;
  Serve serve;
  std::mutex mutex;
  std::string last_client;
  std::vector<int> sockets;
  std::vector<std::jthread> threads;
};

TlsServer::TlsServer(const Pki& pki, bool ask_client_certificate, Serve serve)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.serve = std::move(serve);
  state.context = SSL_CTX_new(TLS_server_method());
  const auto read = [](const std::string& text) {
    return BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  };
  BIO* bio = read(pki.server_certificate);
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(state.context, certificate);
  X509_free(certificate);
  BIO_free(bio);
  bio = read(pki.server_key);
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_PrivateKey(state.context, key);
  EVP_PKEY_free(key);
  BIO_free(bio);
  if (ask_client_certificate) {
    bio = read(pki.ca);
    X509* ca = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(state.context), ca);
    X509_free(ca);
    BIO_free(bio);
    SSL_CTX_set_verify(state.context, SSL_VERIFY_PEER, nullptr);
  }
  state.listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(state.listener, generic, size) != 0 || ::listen(state.listener, 16) != 0 ||
      ::getsockname(state.listener, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  state.port = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] {
    State& own = *state_;
    for (;;) {
      const int socket = ::accept4(own.listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) {
        return;
      }
      ++connections_;
      const std::lock_guard lock(own.mutex);
      own.sockets.push_back(socket);
      own.threads.emplace_back([&own, socket] {
        SSL* ssl = SSL_new(own.context);
        SSL_set_fd(ssl, socket);
        if (SSL_accept(ssl) == 1) {
          if (X509* client = SSL_get1_peer_certificate(ssl)) {
            char name[256] = {};
            X509_NAME_get_text_by_NID(X509_get_subject_name(client), NID_commonName, name,
                                      sizeof name);
            X509_free(client);
            const std::lock_guard inner(own.mutex);
            own.last_client = name;
          }
          SslPeer peer(ssl, socket);
          own.serve(peer);
          SSL_shutdown(ssl);
        }
        SSL_free(ssl);
        ::shutdown(socket, SHUT_RDWR);
      });
    }
  });
}

TlsServer::~TlsServer() {
  ::shutdown(state_->listener, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(state_->mutex);
    for (const int socket : state_->sockets) {
      ::shutdown(socket, SHUT_RDWR);
    }
  }
  state_->threads.clear();
  for (const int socket : state_->sockets) {
    ::close(socket);
  }
  ::close(state_->listener);
  SSL_CTX_free(state_->context);
}

kube::ClusterConfig TlsServer::config(const Pki& pki) const {
  kube::ClusterConfig config;
  config.server = "https://127.0.0.1:" + std::to_string(state_->port);
  config.ca.data = Secret(pki.ca);
  config.origin = "test";
  return config;
}

std::string TlsServer::last_client() const {
  const std::lock_guard lock(state_->mutex);
  return state_->last_client;
}

std::string ok_answer(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace penstock::test
