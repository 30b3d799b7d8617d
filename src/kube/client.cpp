#include "kube/client.h"

#include <nlohmann/json.hpp>

#include "json/parse.h"
#include "json/write.h"
#include "kube/fields.h"
#include "kube/query.h"

namespace penstock::kube {
namespace {

constexpr std::string_view kJson = "application/json";

/// Lists may be far larger than a manifest from a user.
constexpr json::Limits kAnswerLimits{std::size_t{64} << 20U, 200, 10'000'000};

std::string words(std::string_view doing, const Resource& resource, const ObjectKey& key) {
  return std::string(doing) + " " + std::string(resource.kind) + " " + key.full_name();
}

std::string accept(const Selection& selection, std::string_view as) {
  return selection.metadata_only ? "application/json;as=" + std::string(as) + ";g=meta.k8s.io;v=v1"
                                 : std::string(kJson);
}

Call make_call(std::string_view verb, const Resource& resource, std::string doing, bool write) {
  Call call;
  call.verb = verb;
  call.resource = resource.plural;
  call.doing = std::move(doing);
  call.write = write;
  call.request.headers.emplace_back("Accept", kJson);
  return call;
}

std::string_view name_of(DeleteOptions::Propagation propagation) {
  switch (propagation) {
    case DeleteOptions::Propagation::kBackground:
      return "Background";
    case DeleteOptions::Propagation::kForeground:
      return "Foreground";
    case DeleteOptions::Propagation::kOrphan:
      return "Orphan";
  }
  return "Background";
}

Result<json::Value> parse_answer(const HttpResponse& response, const std::string& doing) {
  auto value = json::parse(response.body, kAnswerLimits);
  if (!value || !value->is_object()) {
    return fail(Code::kUnavailable, doing + ": the answer is not a JSON object");
  }
  return std::move(*value);
}

}  // namespace

Client::Client(Caller& caller, std::chrono::milliseconds deadline)
    : caller_(caller), deadline_(deadline) {}

Result<Object> Client::object_call(Call call, const Resource& resource, std::stop_token stop) {
  call.request.deadline = deadline_;
  call.resource = resource.plural;
  PENSTOCK_TRY(response, caller_.call(call, nullptr, std::move(stop)));
  PENSTOCK_TRY(value, parse_answer(response, call.doing));
  strip_bookkeeping(value);
  return Object(std::move(value));
}

Result<Object> Client::get(const Resource& resource, const ObjectKey& key, std::stop_token stop) {
  Call call = make_call("get", resource, words("reading", resource, key), false);
  call.request.method = "GET";
  call.request.target = object_path(resource, key);
  return object_call(std::move(call), resource, std::move(stop));
}

Result<ObjectList> Client::list_pages(const Resource& resource, const std::string& name_space,
                                      const Selection& selection, const std::stop_token& stop) {
  ObjectList all;
  std::string next;
  do {
    Call call = make_call("list", resource, "listing " + std::string(resource.plural), false);
    call.request.method = "GET";
    call.request.deadline = deadline_;
    call.request.headers = {{"Accept", accept(selection, "PartialObjectMetadataList")}};
    call.request.target =
        collection_path(resource, name_space) + Query()
                                                    .add("limit", std::to_string(kPageSize))
                                                    .add("continue", next)
                                                    .add("labelSelector", selection.label_selector)
                                                    .add("fieldSelector", selection.field_selector)
                                                    .text();
    PENSTOCK_TRY(response, caller_.call(call, nullptr, stop));
    PENSTOCK_TRY(page, parse_answer(response, call.doing));
    const json::Value& metadata = page["metadata"];
    if (!metadata.is_object() || !page["items"].is_array()) {
      // Some servers write null for an empty list.
      if (!page["items"].is_null() || !metadata.is_object()) {
        return fail(Code::kUnavailable, call.doing + ": the answer is not a list");
      }
      page["items"] = json::Value::array();
    }
    for (json::Value& item : page["items"]) {
      strip_bookkeeping(item);
      if (item.is_object() && !item.contains("kind")) {  // items of built-in lists carry no type
        item["apiVersion"] = resource.api_version();
        item["kind"] = resource.kind;
      }
      all.items.emplace_back(std::move(item));
    }
    all.resource_version = text_at(metadata, "resourceVersion");
    next = text_at(metadata, "continue");
  } while (!next.empty());
  return all;
}

Result<ObjectList> Client::list(const Resource& resource, const std::string& name_space,
                                const Selection& selection, std::stop_token stop) {
  auto all = list_pages(resource, name_space, selection, stop);
  if (!all && all.error().code() == Code::kGone) {
    return list_pages(resource, name_space, selection, stop);
  }
  return all;
}

Result<std::string> Client::latest_version(const Resource& resource, const std::string& name_space,
                                           const Selection& selection, std::stop_token stop) {
  Call call = make_call("list", resource,
                        "asking for the version of " + std::string(resource.plural), false);
  call.request.method = "GET";
  call.request.deadline = deadline_;
  call.request.headers = {{"Accept", accept({.metadata_only = true}, "PartialObjectMetadataList")}};
  call.request.target =
      collection_path(resource, name_space) + Query()
                                                  .add("limit", "1")
                                                  .add("labelSelector", selection.label_selector)
                                                  .add("fieldSelector", selection.field_selector)
                                                  .text();
  PENSTOCK_TRY(response, caller_.call(call, nullptr, std::move(stop)));
  PENSTOCK_TRY(page, parse_answer(response, call.doing));
  const json::Value* metadata = member(page, "metadata");
  std::string version = metadata == nullptr ? "" : text_at(*metadata, "resourceVersion");
  if (version.empty()) {
    return fail(Code::kUnavailable, call.doing + ": the answer carries none");
  }
  return version;
}

Result<Object> Client::create(const Resource& resource, const Object& object,
                              const std::string& field_manager, std::stop_token stop) {
  Call call = make_call("create", resource, words("creating", resource, object.key()), true);
  call.request.method = "POST";
  call.request.target = collection_path(resource, object.name_space()) +
                        Query().add("fieldManager", field_manager).text();
  call.request.content_type = kJson;
  call.request.body = json::write(object.value());
  return object_call(std::move(call), resource, std::move(stop));
}

Result<Object> Client::update(const Resource& resource, const Object& object,
                              const std::string& field_manager, const std::string& subresource,
                              std::stop_token stop) {
  Call call = make_call("update", resource, words("updating", resource, object.key()), true);
  if (object.resource_version().empty()) {
    // Several kinds accept a PUT without one and would overwrite what somebody else just wrote.
    return fail(Code::kInvalid, call.doing + ": the object carries no resourceVersion");
  }
  call.request.method = "PUT";
  call.request.target = object_path(resource, object.key(), subresource) +
                        Query().add("fieldManager", field_manager).text();
  call.request.content_type = kJson;
  call.request.body = json::write(object.value());
  return object_call(std::move(call), resource, std::move(stop));
}

Result<Object> Client::apply(const Resource& resource, const Object& intent,
                             const ApplyOptions& options, std::stop_token stop) {
  Call call = make_call("apply", resource,
                        words(options.subresource == "status" ? "applying status of" : "applying",
                              resource, intent.key()),
                        true);
  call.request.method = "PATCH";
  call.request.target = object_path(resource, intent.key(), options.subresource) +
                        Query()
                            .add("fieldManager", options.field_manager)
                            .add("force", options.force ? "true" : "")
                            .add("dryRun", options.dry_run ? "All" : "")
                            .text();
  call.request.content_type = "application/apply-patch+yaml";  // JSON is YAML
  call.request.body = json::write(intent.value());
  return object_call(std::move(call), resource, std::move(stop));
}

Result<Object> Client::merge_patch(const Resource& resource, const ObjectKey& key,
                                   const json::Value& patch, const std::string& field_manager,
                                   const std::string& subresource, std::stop_token stop) {
  Call call = make_call("patch", resource, words("patching", resource, key), true);
  call.request.method = "PATCH";
  call.request.target =
      object_path(resource, key, subresource) + Query().add("fieldManager", field_manager).text();
  call.request.content_type = "application/merge-patch+json";
  call.request.body = json::write(patch);
  return object_call(std::move(call), resource, std::move(stop));
}

Result<> Client::remove(const Resource& resource, const ObjectKey& key,
                        const DeleteOptions& options, std::stop_token stop) {
  Call call = make_call("delete", resource, words("deleting", resource, key), true);
  json::Value body = {{"apiVersion", "v1"},
                      {"kind", "DeleteOptions"},
                      {"propagationPolicy", name_of(options.propagation)}};
  if (!options.uid.empty()) {
    body["preconditions"]["uid"] = options.uid;
  }
  if (!options.resource_version.empty()) {
    body["preconditions"]["resourceVersion"] = options.resource_version;
  }
  if (options.grace) {
    body["gracePeriodSeconds"] = options.grace->count();
  }
  call.request.method = "DELETE";
  call.request.target = object_path(resource, key);
  call.request.content_type = kJson;
  call.request.body = json::write(body);
  call.request.deadline = deadline_;
  PENSTOCK_CHECK_OK(caller_.call(call, nullptr, std::move(stop)));
  return {};
}

Result<> Client::watch(const Resource& resource, const std::string& name_space,
                       const WatchOptions& options, const WatchHandler& handler,
                       std::stop_token stop) {
  Call call = make_call("watch", resource, "watching " + std::string(resource.plural), false);
  call.request.method = "GET";
  call.request.headers = {{"Accept", accept(options.selection, "PartialObjectMetadata")}};
  call.request.deadline = options.timeout + options.grace;
  call.request.target = collection_path(resource, name_space) +
                        Query()
                            .add("watch", "1")
                            .add("allowWatchBookmarks", "true")
                            .add("resourceVersion", options.resource_version)
                            .add("timeoutSeconds", std::to_string(options.timeout.count()))
                            .add("labelSelector", options.selection.label_selector)
                            .add("fieldSelector", options.selection.field_selector)
                            .text();
  WatchDecoder decoder;
  std::optional<Error> problem;
  bool ended_by_handler = false;
  const auto sink = [&](std::string_view bytes) {
    auto more = decoder.feed(bytes, handler);
    if (!more) {
      problem = std::move(more).error();
      return false;
    }
    ended_by_handler = !*more;
    return *more;
  };
  auto response = caller_.call(call, sink, std::move(stop));
  if (problem) {
    return fail(std::move(*problem).with_context(call.doing));
  }
  if (!response && !ended_by_handler) {
    return fail(std::move(response).error());
  }
  if (response && decoder.pending() > 0) {
    return fail(Code::kUnavailable, call.doing + ": the stream ended inside an event");
  }
  return {};
}

Result<std::string> Client::raw(const std::string& path, std::stop_token stop) {
  Call call;
  call.verb = "get";
  call.resource = "raw";
  call.doing = "reading " + path;
  call.request.method = "GET";
  call.request.target = path;
  call.request.deadline = deadline_;
  PENSTOCK_TRY(response, caller_.call(call, nullptr, std::move(stop)));
  return std::move(response.body);
}

}  // namespace penstock::kube
