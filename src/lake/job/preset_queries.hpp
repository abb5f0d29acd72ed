// SPDX-License-Identifier: Apache-2.0
// The questions of the presets: each a dataset of its own.
#pragma once

#include "lake/job/presets.hpp"

namespace runlake::lake {

extern const PresetDataset k_runs_overview;
extern const PresetDataset k_by_theorem;
extern const PresetDataset k_recovery;
extern const PresetDataset k_basin;
extern const PresetDataset k_reference_k;
extern const PresetDataset k_reference_summary;
extern const PresetDataset k_reference_meta;
extern const PresetDataset k_structure;
extern const PresetDataset k_provider_theorem;
extern const PresetDataset k_provider_pairs;
extern const PresetDataset k_goal_tactics;
extern const PresetDataset k_entropy;
extern const PresetDataset k_distance_sets;
extern const PresetDataset k_detours;
extern const PresetDataset k_convergence;
extern const PresetDataset k_k_by_mode;
extern const PresetDataset k_pairs;
extern const PresetDataset k_attractors;

}  // namespace runlake::lake
