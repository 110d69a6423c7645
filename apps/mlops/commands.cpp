// The only place that lists the subcommands. A new one: its file, its page, one line in commands.h and one here.
#include "commands.h"

namespace mlops {

const std::vector<Command>& commands() {
  static const std::vector<Command> k_table{
      {"init", "Make a repository", define_init},
      {"status", "What changed, what is stale, what is in production", define_status},
      {"log", "What happened: runs, models, promotions", define_log},
      {"show", "Any object of the store", define_show},
      {"fsck", "Verify the store", define_fsck},
      {"gc", "Remove what nothing refers to", define_gc},
      {"lineage", "Where something comes from, and what came of it", define_lineage},
      {"push", "Share data, runs and models through a remote", define_push},
      {"pull", "Take what others shared", define_pull},
      {"remote add", "Name a place to share through", define_remote_add},
      {"remote list", "List the remotes", define_remote_list},
      {"remote remove", "Forget a remote", define_remote_remove},
      {"remote default", "Choose the remote that push and pull take", define_remote_default},
      {"problem init", "Write the charter to fill in", define_problem_init},
      {"problem check", "Does the project keep its charter", define_problem_check},
      {"problem show", "Show the charter", define_problem_show},
      {"data add", "Make a version of files and directories", define_data_add},
      {"data status", "What changed since the last version", define_data_status},
      {"data checkout", "Make the files equal to a version", define_data_checkout},
      {"data diff", "Which files differ between versions", define_data_diff},
      {"data rm", "Remove files and stop versioning them", define_data_rm},
      {"data ls", "List a version", define_data_ls},
      {"data cat", "Write a file of a version to standard output", define_data_cat},
      {"pipeline run", "Run the stages that are stale", define_pipeline_run},
      {"pipeline show", "List the stages", define_pipeline_show},
      {"pipeline status", "Which stages are stale, and why", define_pipeline_status},
      {"train run", "Run the pipeline as an experiment", define_train_run},
      {"train list", "List the runs", define_train_list},
      {"train show", "Show one run", define_train_show},
      {"train compare", "Put runs side by side", define_train_compare},
      {"register add", "Make a model version from a run", define_register_add},
      {"register list", "List models and versions", define_register_list},
      {"register show", "Show one model version", define_register_show},
      {"register alias", "Point an alias at a version", define_register_alias},
      {"register promote", "Give a version an alias if it passes the gates", define_register_promote},
      {"feature apply", "Make feature definitions known", define_feature_apply},
      {"feature list", "List feature views and services", define_feature_list},
      {"feature show", "Show one feature view or service", define_feature_show},
      {"feature join", "Make a training set, point in time", define_feature_join},
      {"data profile", "What is in a table", define_data_profile},
      {"monitor drift", "Has this table drifted from that one", define_monitor_drift},
      {"schedule add", "Run a command at given times and on events", define_schedule_add},
      {"schedule list", "List the schedules", define_schedule_list},
      {"schedule remove", "Remove a schedule", define_schedule_remove},
      {"schedule run", "Start what is due, as long as it runs", define_schedule_run},
      {"schedule history", "What schedules have run", define_schedule_history},
      {"serve", "Answer requests with models", define_serve},
      {"predict", "Add a model's predictions to a table", define_predict},
      {"version", "The version of mlops and of the libraries in it", define_version},
  };
  return k_table;
}

}  // namespace mlops
