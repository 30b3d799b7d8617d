#pragma once
// How an assessment is told: a table for people, JSON for scripts. Decides nothing.

#include <ostream>

#include "app/plan/assess.h"

namespace penstock::app::plan {

/// A head and a table for each model, then the sentence of the row that counts.
void write_text(std::ostream& out, const Assessment& assessment);
/// One JSON object; docs/plan.md names its fields.
void write_json(std::ostream& out, const Assessment& assessment);

}  // namespace penstock::app::plan
