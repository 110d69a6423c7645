#include "web/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/text.h"
#include "web/connection.h"

namespace mlops::web {
namespace {

tcp::endpoint endpoint_of(const ServerOptions& options) {
  const bool v6 = options.host.find(':') != std::string::npos;
  error_code error;
  const auto address = asio::ip::make_address(v6                                       ? "::1"
                                              : equal_names(options.host, "localhost") ? "127.0.0.1"
                                                                                       : options.host,
                                              error);
  if (error)
    throw usage_error("\"" + printable(options.host) + "\" is not an address of this machine",
                      "127.0.0.1 is the default");
  return {address, options.port};
}

}  // namespace

void Server::Core::accept() {
  acceptor.async_accept(asio::make_strand(io), [this](const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || stopping) return;
    if (error) {  // out of descriptors: wait for some to be closed
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      return accept();
    }
    auto connection = std::make_shared<Connection>(*this, std::move(socket));
    bool full = false;
    {
      const std::lock_guard lock(mutex);
      connections.insert(connection.get());
      full = connections.size() > options.connections;
      metrics.connections = static_cast<std::int64_t>(connections.size());
    }
    full ? connection->refuse_overload() : connection->start();
    accept();
  });
}

void Server::Core::gone(Connection* connection) {
  const std::lock_guard lock(mutex);
  connections.erase(connection);
  metrics.connections = static_cast<std::int64_t>(connections.size());
}

void Server::Core::dispatch(const std::shared_ptr<Connection>& connection) {
  {
    const std::lock_guard lock(mutex);
    if (busy >= workers) {
      waiting.push_back(connection);
      return;
    }
    ++busy;
  }
  connection->run();
}

void Server::Core::finished() {
  std::shared_ptr<Connection> next;
  {
    const std::lock_guard lock(mutex);
    if (waiting.empty()) {
      --busy;
      return;
    }
    next = std::move(waiting.front());
    waiting.pop_front();
  }
  next->run_queued();
}

// Twice a second: closes what has taken too long, and when stopping what is idle; ends when nothing is left.
void Server::Core::tick() {
  const Micros now = steady_micros();
  bool empty = false;
  {
    std::vector<std::shared_ptr<Connection>> due;
    const std::lock_guard lock(mutex);
    for (auto* connection : connections)
      if (connection->overdue(now) || now > stop_deadline || (stopping && connection->idle()))
        if (auto alive = connection->weak_from_this().lock()) due.push_back(std::move(alive));
    for (const auto& connection : due) connection->cancel();
    empty = connections.empty();
  }
  if (stopping && (empty || now > stop_deadline + 1'000'000)) return io.stop();
  clock.expires_after(std::chrono::milliseconds(stopping ? 20 : 500));
  clock.async_wait([this](const error_code& error) {
    if (!error || stopping) tick();
  });
}

// Handlers' own trouble ends in answer(); what comes here is one connection without memory, not the server's end.
void Server::Core::work() {
  while (!io.stopped()) {
    try {
      io.run();
    } catch (const std::exception&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
}

void Server::Core::begin_stop() {
  stop_deadline = steady_micros() + options.drain_time;
  stopping = true;
  error_code ignored;
  acceptor.close(ignored);
  clock.cancel();
}

Server::Server(ServerOptions options, std::vector<Route> routes) {
  if (!is_loopback(options.host))
    throw usage_error("the address \"" + printable(options.host) +
                          "\" can be reached by others, and this server has no authentication yet",
                      "leave --host out (127.0.0.1) and put a proxy that asks for credentials in front");
  core_ = std::make_unique<Core>(std::move(options), std::move(routes));
  const unsigned processors = std::max(2u, std::thread::hardware_concurrency());
  core_->workers = core_->options.workers > 0 ? std::max(2u, core_->options.workers) : processors;
}

Server::~Server() = default;

void Server::listen() {
  const tcp::endpoint endpoint = endpoint_of(core_->options);
  error_code error;
  auto& acceptor = core_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (error == asio::error::address_in_use)
    throw outside_error(fmt::format("port {} on {} is in use", core_->options.port, core_->options.host),
                        "--port 0 takes a free one");
  if (!error) acceptor.listen(1024, error);
  if (error)
    throw outside_error(
        fmt::format("cannot listen on {}:{}: {}", core_->options.host, core_->options.port, error.message()));
}

int Server::descriptor() const { return core_->acceptor.native_handle(); }

std::uint16_t Server::port() const { return core_->acceptor.local_endpoint().port(); }

std::string Server::url() const {
  const auto address = core_->acceptor.local_endpoint().address();
  const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
  return fmt::format("http://{}:{}", host, port());
}

void Server::run(const std::stop_token& stop) {
  Core& core = *core_;
  const auto accepting = core.acceptor.get_executor();
  asio::post(accepting, [&core] {
    core.accept();
    core.tick();
  });
  const std::stop_callback on_stop(stop, [&core, accepting] { asio::post(accepting, [&core] { core.begin_stop(); }); });
  const auto guard = asio::make_work_guard(core.io);
  std::vector<std::thread> threads;
  // One more than may work: it goes on reading and answers what is light.
  for (unsigned i = 0; i < core.workers; ++i) threads.emplace_back([&core] { core.work(); });
  core.work();
  for (auto& thread : threads) thread.join();
}

const Metrics& Server::metrics() const { return core_->metrics; }

}  // namespace mlops::web
