// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "data/files.hpp"

extern char** environ;

namespace rankfill::test {

/// What a command did.  `code` is the exit code, or minus the signal that ended it.
struct Outcome {
  int code = 0;
  std::string out, err;
};

/// A program that runs, its output going to files.
class Process {
 public:
  /// `out`: where standard output goes; empty: to a file that wait() reads.
  Process(std::vector<std::string> command, const std::filesystem::path& folder, const std::string& input = "",
          const std::string& out = "")
      : out_(out.empty() ? (folder / ".out").string() : out), err_((folder / ".err").string()) {
    write_text(folder / ".in", input);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, (folder / ".in").c_str(), O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);
    const int error = posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot start " + command.front());
  }

  /// Waits until standard output holds `text`, half a minute at most.
  bool wait_for_output(const std::string& text) const {
    for (int tries = 0; tries < 3000; ++tries) {
      if (contents(out_).find(text) != std::string::npos) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  void send(int signal) const { kill(pid_, signal); }

  Outcome wait() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    const bool is_file = std::filesystem::is_regular_file(out_);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), is_file ? contents(out_) : "", contents(err_)};
  }

 private:
  pid_t pid_ = 0;
  std::string out_, err_;
};

/// What a terminal of 100 columns shows while a command runs on it, control sequences and all.
inline std::string on_terminal(std::vector<std::string> command) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) throw std::runtime_error("no terminal");
  const winsize size{40, 100, 0, 0};
  ioctl(master, TIOCSWINSZ, &size);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int descriptor : {0, 1, 2})
    posix_spawn_file_actions_addopen(&actions, descriptor, ptsname(master), O_RDWR | O_NOCTTY, 0);
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + command.front());
  std::string shown;
  char buffer[4096];
  // Linux ends the reading with an error once nobody holds the other end.
  for (ssize_t got = 0; (got = read(master, buffer, sizeof buffer)) > 0;)
    shown.append(buffer, static_cast<std::size_t>(got));
  close(master);
  waitpid(pid, nullptr, 0);
  return shown;
}

/// A folder with a small data set of rank 2 in it, and the command-line tool.
class CliFolder {
 public:
  CliFolder() {
    std::ostringstream train, test;
    for (int i = 0; i < 40; ++i) {
      for (int j = 0; j < 30; ++j) {
        const double value = 3 + std::sin(0.9 * i) * std::cos(1.7 * j) + std::cos(0.4 * i) * std::sin(0.3 * j);
        const int kind = (i * 7 + j * 11) % 10;
        (kind < 6 ? train : test) << i + 100 << ',' << j + 500 << ',' << value << ',' << 1000 + i * 30 + j << '\n';
      }
    }
    write("train.csv", train.str());
    write("test.csv", test.str());
  }

  std::string operator/(const std::string& name) const { return (folder_ / name).string(); }
  const std::filesystem::path& path() const { return folder_.path(); }

  std::string write(const std::string& name, const std::string& text) const {
    write_text(folder_ / name, text);
    return *this / name;
  }

  Process start(std::vector<std::string> arguments, const std::string& input = "", const std::string& out = "") const {
    arguments.insert(arguments.begin(), RANKFILL_CLI_PATH);
    return {std::move(arguments), path(), input, out};
  }

  Outcome run(std::vector<std::string> arguments, const std::string& input = "", const std::string& out = "") const {
    return start(std::move(arguments), input, out).wait();
  }

  /// A model of train.csv; its path.
  std::string fitted_model() const {
    run({"fit", *this / "train.csv", "--device", "cpu", "--rank", "2", "--model", *this / "model.npz", "--quiet"});
    return *this / "model.npz";
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace rankfill::test
