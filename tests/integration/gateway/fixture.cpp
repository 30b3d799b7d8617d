#include "tests/integration/gateway/fixture.h"

#include <algorithm>
#include <thread>

namespace penstock::gateway {

class Records::Sink final : public UsageSink {
 public:
  explicit Sink(Records& owner) : owner_(owner) {}
  void emit(const UsageRecord& record) override {
    const std::scoped_lock lock(owner_.mutex_);
    owner_.records_.push_back({.consumer = record.consumer != nullptr ? record.consumer->name : "",
                               .route = std::string(record.route),
                               .deployment = std::string(record.deployment),
                               .operation = std::string(record.operation),
                               .model = std::string(record.model),
                               .error_code = std::string(record.error_code),
                               .request_id = std::string(record.request_id),
                               .status = record.status,
                               .stream = record.stream,
                               .estimated = record.estimated,
                               .usage = record.usage,
                               .attempts = record.attempts,
                               .waited = record.waited});
    owner_.changed_.notify_all();
  }

 private:
  Records& owner_;
};

std::unique_ptr<UsageSink> Records::sink() {
  return std::make_unique<Sink>(*this);
}

SeenRecord Records::nth(std::size_t n) {
  std::unique_lock lock(mutex_);
  constexpr std::chrono::seconds kLimit{5};
  if (!changed_.wait_for(lock, kLimit, [&] { return records_.size() >= n; })) {
    ADD_FAILURE() << "only " << records_.size() << " of " << n << " usage records";
    return {};
  }
  return records_[n - 1];
}

std::size_t Records::count() {
  const std::scoped_lock lock(mutex_);
  return records_.size();
}

GatewayTest::GatewayTest() {
  document_.gateway = "default/main";
  snapshot::Listener listener;
  listener.name = "http";
  listener.address = "127.0.0.1";
  document_.listeners.push_back(listener);
  add_consumer("default/alice", kKey);
}

std::uint32_t GatewayTest::add_consumer(const std::string& name, const std::string& key) {
  snapshot::Consumer consumer;
  consumer.name = name;
  document_.consumers.push_back(consumer);
  const auto index = static_cast<std::uint32_t>(document_.consumers.size() - 1);
  document_.api_keys.push_back({sha256_hex(key), index});
  return index;
}

snapshot::Deployment& GatewayTest::add_deployment(const std::string& name, const std::string& model,
                                                  std::uint16_t upstream_port) {
  snapshot::Deployment deployment;
  deployment.name = name;
  deployment.model = model;
  snapshot::Endpoint endpoint;
  endpoint.id = "127.0.0.1:" + std::to_string(upstream_port);
  endpoint.host = "127.0.0.1";
  endpoint.port = upstream_port;
  deployment.endpoints.push_back(endpoint);
  document_.deployments.push_back(deployment);
  return document_.deployments.back();
}

snapshot::Route& GatewayTest::add_route(const std::string& name,
                                        const std::vector<std::vector<std::string>>& tiers) {
  snapshot::Route route;
  route.name = name;
  for (const auto& names : tiers) {
    snapshot::Tier& tier = route.tiers.emplace_back();
    for (const std::string& wanted : names) {
      const auto found = std::find_if(document_.deployments.begin(), document_.deployments.end(),
                                      [&](const auto& d) { return d.name == wanted; });
      tier.backends.push_back(
          {static_cast<std::uint32_t>(found - document_.deployments.begin()), 1});
    }
  }
  document_.routes.push_back(route);
  return document_.routes.back();
}

void GatewayTest::start(std::size_t cores) {
  auto snapshot = snapshot::Snapshot::compile(document_);
  ASSERT_TRUE(snapshot) << snapshot.error().to_string();
  ServerSettings settings;
  settings.listeners = document_.listeners;
  settings.admin = AdminAddress{};
  settings.cores = cores;
  settings.seed = 1;
  settings.instance = "pod-1";
  settings.on_first_wait = [this] { ++first_waits_; };
  settings.usage_sink = [this](std::size_t) { return records_.sink(); };
  auto server = GatewayServer::start(std::move(settings), *snapshot);
  ASSERT_TRUE(server) << server.error().to_string();
  server_ = std::move(*server);
}

void GatewayTest::apply() {
  document_.version.clear();
  auto snapshot = snapshot::Snapshot::compile(document_);
  ASSERT_TRUE(snapshot) << snapshot.error().to_string();
  const auto applied = server_->apply(*snapshot);
  ASSERT_TRUE(applied) << applied.error().to_string();
}

testing::Headers GatewayTest::headers(const testing::Headers& more, const std::string& key) const {
  testing::Headers out{{"Content-Type", "application/json"}};
  if (!key.empty()) {
    out.emplace_back("Authorization", "Bearer " + key);
  }
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

std::string GatewayTest::chat_body(const std::string& model, bool stream) const {
  return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"hi"}])" +
         (stream ? R"(,"stream":true})" : "}");
}

std::string GatewayTest::chat_request(const std::string& model, bool stream) const {
  return testing::request_text("POST", kChat, headers(), chat_body(model, stream));
}

testing::HttpAnswer GatewayTest::chat(const std::string& model, bool stream) {
  return post(kChat, chat_body(model, stream));
}

testing::HttpAnswer GatewayTest::get(const std::string& target, const std::string& key) {
  return testing::call(port(), "GET", target, headers({}, key));
}

testing::HttpAnswer GatewayTest::post(const std::string& target, const std::string& body) {
  return testing::call(port(), "POST", target, headers(), body);
}

double GatewayTest::metric(const std::string& series) const {
  const std::string text = "\n" + server_->metrics_text();
  const std::size_t at = text.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + series.size() + 2));
}

bool GatewayTest::becomes(const std::string& series, double value) const {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (metric(series) != value) {
    if (std::chrono::steady_clock::now() > limit) {
      ADD_FAILURE() << series << " is " << metric(series) << ", not " << value;
      return false;
    }
    std::this_thread::yield();
  }
  return true;
}

demand::DeploymentDemand GatewayTest::demand_for(const std::string& deployment) const {
  for (const auto& one : server_->demand().deployments) {
    if (one.name_space + "/" + one.name == deployment) {
      return one;
    }
  }
  ADD_FAILURE() << "no demand of " << deployment;
  return {};
}

}  // namespace penstock::gateway
