#include "controller/modeldeployment/volumes.h"

#include <nlohmann/json.hpp>

#include "controller/child/names.h"
#include "controller/modeldeployment/engine_pod.h"
#include "controller/modeldeployment/launch.h"

namespace penstock::controller::modeldeployment {
namespace {

namespace md = crd::model_deployment;

class Volumes {
 public:
  Volumes(json::Value& pod, json::Value& container) : pod_(pod), container_(container) {}

  void add(const char* name, std::string_view path, json::Value volume, bool read_only = false) {
    volume["name"] = name;
    pod_["volumes"].push_back(std::move(volume));
    json::Value mount = {{"name", name}, {"mountPath", path}};
    if (read_only) {
      mount["readOnly"] = true;
    }
    container_["volumeMounts"].push_back(std::move(mount));
  }

 private:
  json::Value& pod_;
  json::Value& container_;
};

json::Value own_claim(const md::Cache& cache) {
  json::Value spec = {{"accessModes", json::Value::array({"ReadWriteOnce"})},
                      {"resources", {{"requests", {{"storage", cache.size.text()}}}}}};
  if (cache.storage_class) {
    spec["storageClassName"] = *cache.storage_class;
  }
  return {{"ephemeral", {{"volumeClaimTemplate", {{"spec", std::move(spec)}}}}}};
}

json::Value cache_volume(const crd::ModelDeployment& object) {
  const auto& engine = *object.spec.engine;
  if (needs_claim(engine)) {
    return {{"persistentVolumeClaim", {{"claimName", claim_name(object.metadata.name)}}}};
  }
  return engine.cache ? own_claim(*engine.cache) : json::Value{{"emptyDir", json::Value::object()}};
}

}  // namespace

bool needs_claim(const md::Engine& engine) {
  return engine.cache && engine.cache->shared;
}

std::string claim_name(const std::string& object_name) {
  return child::child_name(object_name, "cache");
}

bool needs_home(const md::Engine& engine) {
  return engine.cache || !is_simulator(engine);
}

void add_volumes(const crd::ModelDeployment& object, const Fit& fit, json::Value& pod,
                 json::Value& container) {
  const auto& engine = *object.spec.engine;
  Volumes volumes(pod, container);
  volumes.add("tmp", "/tmp", {{"emptyDir", json::Value::object()}});
  if (needs_home(engine)) {
    volumes.add("cache", kCacheFolder, cache_volume(object));
  }
  if (engine.source && engine.source->oci) {
    volumes.add(
        "source", kModelFolder,
        {{"image", {{"reference", engine.source->oci->image}, {"pullPolicy", "IfNotPresent"}}}},
        true);
  } else if (engine.source && engine.source->pvc) {
    volumes.add("source", kModelFolder,
                {{"persistentVolumeClaim",
                  {{"claimName", engine.source->pvc->claim_name}, {"readOnly", true}}}},
                true);
  }
  // Ranks of one replica exchange tensors through shared memory, and the default of 64 MiB is too
  // small for that.
  if (fit.tensor_parallel * fit.pipeline_parallel > 1) {
    volumes.add("shm", "/dev/shm", {{"emptyDir", {{"medium", "Memory"}}}});
  }
}

}  // namespace penstock::controller::modeldeployment
