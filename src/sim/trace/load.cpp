#include "sim/trace/load.h"

#include <cmath>
#include <utility>

#include "base/time_format.h"
#include "sim/trace/access_log.h"
#include "sim/trace/azure_csv.h"
#include "sim/trace/mooncake.h"
#include "sim/trace/servegen.h"

namespace penstock::sim {
namespace {

std::string shown(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

/// Faster or slower, and only the part that was asked for.
class Shaped final : public TraceSource {
 public:
  Shaped(std::unique_ptr<TraceSource> inner, double speed, std::chrono::nanoseconds from,
         std::chrono::nanoseconds until)
      : inner_(std::move(inner)), speed_(speed), from_(from), until_(until) {}

  Result<bool> next(TraceRequest& request) override {
    do {
      PENSTOCK_TRY(more, inner_->next(request));
      if (!more) {
        return false;
      }
      if (speed_ != 1) {
        request.at = std::chrono::nanoseconds(
            std::llround(static_cast<double>(request.at.count()) / speed_));
      }
    } while (request.at < from_);
    const bool within = until_.count() == 0 || request.at < until_;
    request.at -= from_;
    return within;
  }

 private:
  std::unique_ptr<TraceSource> inner_;
  double speed_;
  std::chrono::nanoseconds from_;
  std::chrono::nanoseconds until_;
};

}  // namespace

Result<Load> Load::create(LoadOptions options) {
  Load load(std::move(options));
  const LoadOptions& given = load.options_;
  if (!(given.scale > 0) || !std::isfinite(given.scale)) {
    return fail(Code::kInvalid,
                "--scale is " + shown(given.scale) + ", it must be above 0, for example 0.5");
  }
  if (given.from.count() < 0 || (given.until.count() > 0 && given.from >= given.until)) {
    return fail(Code::kInvalid, "--from is " + format_duration(given.from) +
                                    ", it must be 0s or more and before --until");
  }
  if (given.form != TraceForm::kServegen) {
    if (given.rate != 0) {
      return fail(Code::kInvalid, "--rate is for --form servegen; use --scale with this form");
    }
    PENSTOCK_TRY(probe, load.open());  // a file that is not there is an error now
    return load;
  }
  if (given.lengths.empty()) {
    return fail(Code::kInvalid,
                "--lengths is missing: --form servegen needs the file of token lengths, "
                "*_lengths.json[.gz]");
  }
  PENSTOCK_TRY(population, read_population(given.trace, given.lengths, given.day));
  const double mean = population.mean_rate();
  if (given.rate != 0) {
    load.scale_ = given.rate / mean;
  }
  if (!(load.scale_ > 0) || load.scale_ > 1) {
    return fail(Code::kInvalid,
                given.rate != 0
                    ? "--rate is " + shown(given.rate) + ", it must be above 0 and at most " +
                          shown(mean) + ", the mean of day " + std::to_string(given.day)
                    : "--scale is " + shown(given.scale) +
                          ", it must be at most 1 with --form servegen: a day is made smaller by "
                          "leaving calls out");
  }
  load.population_ = std::make_shared<const Population>(std::move(population));
  return load;
}

std::string Load::description() const {
  const std::size_t slash = options_.trace.rfind('/');
  std::string text = slash == std::string::npos ? options_.trace : options_.trace.substr(slash + 1);
  if (options_.form == TraceForm::kServegen) {
    text += ", day " + std::to_string(options_.day);
  }
  if (scale_ != 1) {
    text += ", scale " + shown(scale_);
  }
  if (options_.from.count() > 0) {
    text += ", from " + format_duration(options_.from);
    text += options_.until.count() > 0 ? " until " + format_duration(options_.until) : "";
  } else if (options_.until.count() > 0) {
    text += ", first " + format_duration(options_.until);
  }
  return text;
}

Result<std::unique_ptr<TraceSource>> Load::open() const {
  std::unique_ptr<TraceSource> inner;
  double speed = scale_;
  switch (options_.form) {
    case TraceForm::kAzure: {
      PENSTOCK_TRY(source, open_azure_csv(options_.trace));
      inner = std::move(source);
      break;
    }
    case TraceForm::kMooncake: {
      PENSTOCK_TRY(source, open_mooncake(options_.trace,
                                         {.jitter = options_.jitter, .seed = options_.seed}));
      inner = std::move(source);
      break;
    }
    case TraceForm::kAccessLog: {
      PENSTOCK_TRY(source, open_access_log(options_.trace, {.deployment = options_.deployment}));
      inner = std::move(source);
      break;
    }
    case TraceForm::kServegen:
      inner = draw_servegen(*population_, {.thin = scale_, .seed = options_.seed});
      speed = 1;
      break;
  }
  return std::make_unique<Shaped>(std::move(inner), speed, options_.from, options_.until);
}

}  // namespace penstock::sim
