// SPDX-License-Identifier: Apache-2.0
// The table of presets.
#include "replay/presets.hpp"

#include <algorithm>
#include <array>

namespace runlake::replay {
namespace {

constexpr std::array k_python = {PresetVariable{"PYTHONHASHSEED", "0"}};
constexpr std::array k_openmp = {PresetVariable{"OMP_DYNAMIC", "false"}, PresetVariable{"OMP_NUM_THREADS", "{threads}"}, PresetVariable{"OMP_SCHEDULE", "static"}};
constexpr std::array k_numpy = {PresetVariable{"BLIS_NUM_THREADS", "{threads}"},    PresetVariable{"GOTO_NUM_THREADS", "{threads}"}, PresetVariable{"MKL_DYNAMIC", "false"},
                                PresetVariable{"MKL_NUM_THREADS", "{threads}"},     PresetVariable{"NUMEXPR_NUM_THREADS", "{threads}"}, PresetVariable{"OMP_DYNAMIC", "false"},
                                PresetVariable{"OMP_NUM_THREADS", "{threads}"},     PresetVariable{"OPENBLAS_NUM_THREADS", "{threads}"}, PresetVariable{"PYTHONHASHSEED", "0"}};
constexpr std::array k_boosting = {PresetVariable{"OMP_DYNAMIC", "false"}, PresetVariable{"OMP_NUM_THREADS", "{threads}"}, PresetVariable{"OPENBLAS_NUM_THREADS", "{threads}"},
                                   PresetVariable{"PYTHONHASHSEED", "0"}};
constexpr std::array k_pytorch = {PresetVariable{"CUBLAS_WORKSPACE_CONFIG", ":4096:8"}, PresetVariable{"MKL_NUM_THREADS", "{threads}"}, PresetVariable{"OMP_DYNAMIC", "false"},
                                  PresetVariable{"OMP_NUM_THREADS", "{threads}"}, PresetVariable{"PYTHONHASHSEED", "0"}};
constexpr std::array k_tensorflow = {PresetVariable{"OMP_NUM_THREADS", "{threads}"}, PresetVariable{"PYTHONHASHSEED", "0"}, PresetVariable{"TF_CUDNN_DETERMINISTIC", "1"},
                                     PresetVariable{"TF_DETERMINISTIC_OPS", "1"}, PresetVariable{"TF_NUM_INTEROP_THREADS", "{threads}"}, PresetVariable{"TF_NUM_INTRAOP_THREADS", "{threads}"}};

// Names of preset_names(), in its order.
constexpr std::array k_presets = {
    Preset{"python", k_python, "{}"},
    Preset{"numpy", k_numpy, "{}"},
    Preset{"lightgbm", k_boosting, R"({"deterministic": true, "force_row_wise": true, "num_threads": "{threads}", "seed": 0})"},
    Preset{"xgboost", k_boosting, R"({"nthread": "{threads}", "seed": 0, "tree_method": "hist"})"},
    Preset{"pytorch", k_pytorch, R"({"cudnn_benchmark": false, "deterministic_algorithms": true, "manual_seed": 0, "num_threads": "{threads}"})"},
    Preset{"tensorflow", k_tensorflow, R"({"op_determinism": true, "random_seed": 0})"},
    Preset{"openmp", k_openmp, "{}"},
};

}  // namespace

std::span<const Preset> presets() { return k_presets; }

const Preset* find_preset(std::string_view name) {
    const auto* found = std::find_if(k_presets.begin(), k_presets.end(), [&](const Preset& preset) { return preset.name == name; });
    return found == k_presets.end() ? nullptr : &*found;
}

}  // namespace runlake::replay
