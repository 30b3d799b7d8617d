#pragma once
// The loop's Asio side, for the few files of this folder that touch sockets. Nobody else includes
// it.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/loop.h"

namespace penstock::net {

namespace asio = boost::asio;

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using OsTimer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                           asio::wait_traits<std::chrono::steady_clock>, Executor>;

struct Loop::Impl {
  Impl() : context(1), guard(context.get_executor()), timer(context.get_executor()) {}

  asio::io_context context;
  asio::executor_work_guard<Executor> guard;
  OsTimer timer;
  SteadyTime armed_for = SteadyTime::max();
  bool real_time = true;
  std::vector<std::coroutine_handle<>> ready;
  std::vector<std::coroutine_handle<>> running;
};

}  // namespace penstock::net
