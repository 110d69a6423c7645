// The define function of every command; commands.cpp puts them into the table.
#pragma once

#include "command.h"

namespace mlops {

Run define_data_profile(CLI::App& app);
Run define_data_schema(CLI::App& app);
Run define_data_validate(CLI::App& app);
Run define_problem_init(CLI::App& app);
Run define_problem_check(CLI::App& app);
Run define_problem_show(CLI::App& app);
Run define_monitor_drift(CLI::App& app);
Run define_monitor_label(CLI::App& app);
Run define_monitor_performance(CLI::App& app);
Run define_monitor_watch(CLI::App& app);
Run define_monitor_alarms(CLI::App& app);
Run define_serve(CLI::App& app);
Run define_predict(CLI::App& app);
Run define_version(CLI::App& app);
Run define_init(CLI::App& app);
Run define_data_add(CLI::App& app);
Run define_data_status(CLI::App& app);
Run define_data_checkout(CLI::App& app);
Run define_data_ls(CLI::App& app);
Run define_data_cat(CLI::App& app);
Run define_data_du(CLI::App& app);
Run define_data_adopt(CLI::App& app);
Run define_data_diff(CLI::App& app);
Run define_data_rm(CLI::App& app);
Run define_data_mv(CLI::App& app);
Run define_data_get(CLI::App& app);
Run define_data_import(CLI::App& app);
Run define_data_update(CLI::App& app);
Run define_fsck(CLI::App& app);
Run define_gc(CLI::App& app);
Run define_pipeline_run(CLI::App& app);
Run define_pipeline_show(CLI::App& app);
Run define_pipeline_status(CLI::App& app);
Run define_train_run(CLI::App& app);
Run define_train_list(CLI::App& app);
Run define_train_show(CLI::App& app);
Run define_train_compare(CLI::App& app);
Run define_register_add(CLI::App& app);
Run define_register_list(CLI::App& app);
Run define_register_show(CLI::App& app);
Run define_register_alias(CLI::App& app);
Run define_register_promote(CLI::App& app);
Run define_ci_init(CLI::App& app);
Run define_ci_gate(CLI::App& app);
Run define_ci_report(CLI::App& app);
Run define_feature_apply(CLI::App& app);
Run define_feature_list(CLI::App& app);
Run define_feature_show(CLI::App& app);
Run define_feature_join(CLI::App& app);
Run define_schedule_add(CLI::App& app);
Run define_schedule_list(CLI::App& app);
Run define_schedule_remove(CLI::App& app);
Run define_schedule_run(CLI::App& app);
Run define_schedule_history(CLI::App& app);
Run define_feature_materialize(CLI::App& app);
Run define_feature_ingest(CLI::App& app);
Run define_feature_get(CLI::App& app);
Run define_feature_serve(CLI::App& app);
Run define_track_search(CLI::App& app);
Run define_track_server(CLI::App& app);
Run define_push(CLI::App& app);
Run define_pull(CLI::App& app);
Run define_remote_add(CLI::App& app);
Run define_remote_list(CLI::App& app);
Run define_remote_remove(CLI::App& app);
Run define_remote_default(CLI::App& app);
Run define_remote_set_url(CLI::App& app);
Run define_lineage(CLI::App& app);
Run define_git_merge_driver(CLI::App& app);
Run define_git_hook(CLI::App& app);
Run define_status(CLI::App& app);
Run define_log(CLI::App& app);
Run define_show(CLI::App& app);

}  // namespace mlops
