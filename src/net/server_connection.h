#pragma once
// One client's connection: reads requests in order, runs the handler for each, writes the answers.
// For the files of this folder; others see Exchange.
//
// While a handler works, a read stays outstanding into the tail of the input buffer (bounded by
// it): its end is how we learn that the client has gone. One coroutine (run) owns the connection's
// life.

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "net/body_decoder.h"
#include "net/exchange.h"
#include "net/http_parse.h"
#include "net/http_server.h"
#include "net/http_writer.h"
#include "net/input.h"
#include "net/intrusive_list.h"

namespace penstock::net {

/// What connections share with their server.
struct ServerShared {
  ServerShared(Loop& server_loop, Handler& server_handler, ServerOptions server_options)
      : loop(server_loop),
        handler(server_handler),
        options(std::make_shared<const ServerOptions>(std::move(server_options))),
        connections(server_loop) {}

  Loop& loop;
  Handler& handler;
  std::shared_ptr<const ServerOptions> options;
  ServerStats stats;
  Gate connections;
  std::size_t exchanges = 0;
  bool draining = false;
  std::int64_t date_second = -1;
  std::string date;  ///< of the current second, for the date header
};

class ServerConnection final : public ListNode, private Input::Listener {
 public:
  ServerConnection(ServerShared& shared, std::unique_ptr<ByteStream> stream, std::string peer,
                   bool tls);

  /// Serves until the connection ends. The caller destroys the connection afterwards.
  [[nodiscard]] Task<void> run();

  /// The server drains: an idle connection closes now, a busy one after its answer.
  void drain();
  /// Cuts the connection now.
  void abort() { close(IoStatus::kCancelled); }

 private:
  friend class Exchange;
  friend class ResponseWrite;

  static constexpr std::string_view kOkLine = "HTTP/1.1 200 OK\r\n";

  enum class Phase : std::uint8_t { kIdle, kHead, kHandler, kClosing };
  enum class Sent : std::uint8_t { kNothing, kStreaming, kAll };

  // server_connection.cpp: the life of a connection
  Task<bool> next_head();
  Task<void> serve_one();
  Task<void> refuse(int status, std::string_view message);
  Task<void> linger();
  bool begin_exchange();
  void deadline_passed();
  void write_deadline_passed() { close(IoStatus::kTimeout); }
  void answer_timeout();
  void input_ended(IoStatus status) override;
  void close(IoStatus why);

  // server_body.cpp: reading a request's body
  Task<Result<std::string_view>> read_body();
  Task<Result<std::string_view>> read_body_some();
  Task<Result<std::string_view>> read_long_body();
  Task<Result<std::string_view>> read_chunked_body();
  Task<Result<void>> more_body();
  Task<bool> drop_rest_of_body();
  void detach_head();
  [[nodiscard]] bool body_done() const noexcept;
  [[nodiscard]] bool body_can_be_dropped() const noexcept;
  [[nodiscard]] Error gone() const;
  [[nodiscard]] Error too_large() const;
  void body_arrived();

  // server_response.cpp: writing
  void reset_response();
  void append_date();
  [[nodiscard]] std::size_t gather_head();
  void end_head(bool chunked, std::uint64_t length);
  [[nodiscard]] std::span<const std::string_view> fixed(std::string_view body);
  [[nodiscard]] std::span<const std::string_view> chunk(std::span<const std::string_view> pieces,
                                                        bool last);
  [[nodiscard]] std::optional<IoResult> write(std::span<const std::string_view> buffers, IoOp& op);
  void written(IoStatus status);

  ServerShared& shared_;
  std::shared_ptr<const ServerOptions> options_;
  std::unique_ptr<ByteStream> stream_;
  std::string peer_;
  bool tls_;

  Input input_;
  HeadScanner scanner_;
  RequestHead head_;
  Exchange exchange_{*this};
  CancelSignal disconnected_;
  MemberTimer<&ServerConnection::deadline_passed> timer_{*this};
  MemberTimer<&ServerConnection::write_deadline_passed> write_timer_{*this};
  Phase phase_ = Phase::kIdle;
  IoStatus ended_ = IoStatus::kOk;  ///< why we closed, when we did
  bool first_request_ = true;
  bool refused_ = false;

  // The current request's body. Inline: head and body lie together in input_, up to kMaxInline
  // bytes, and views into both stay good. Detached: the head has been copied out and input_ holds
  // body bytes only.
  bool inline_ = true;
  std::size_t head_length_ = 0;    ///< in input_, when inline
  std::size_t inline_length_ = 0;  ///< of the body, when inline
  bool piece_given_ = false;       ///< inline: the body went out through read_body_some()
  BodyDecoder body_;               ///< detached
  std::size_t piece_ = 0;          ///< detached: bytes of input_ that the last piece covers
  std::uint64_t body_limit_ = 0;
  std::uint64_t body_seen_ = 0;
  bool expects_continue_ = false;
  std::string head_copy_;
  std::string chunked_body_;
  std::unique_ptr<char[]> long_body_;

  // The current response.
  Sent sent_ = Sent::kNothing;
  bool keep_alive_ = true;
  bool close_after_ = false;
  bool writing_ = false;
  bool chunked_ = false;
  int status_ = 200;
  std::string status_line_;
  std::string out_;  ///< the head being made; begins with kOkLine
  ChunkSize chunk_size_;
  std::array<std::string_view, kMaxGather> gather_;
};

}  // namespace penstock::net
