// Follows an object through a video: dmb-onnx-track VIDEO --box X Y W H | --mask FILE [--programs DIR] [--results DIR]
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/videoio.hpp>

#include "dmb_tracker.hpp"

namespace {

const char* kUsage =
    "usage: dmb-onnx-track VIDEO (--box X Y W H | --mask FILE) [--programs FOLDER] [--results FOLDER] [--threads N]\n"
    "                      [--repeat N]\n"
    "VIDEO is a video file or a pattern of images (frames/%08d.png). --results is a new folder for boxes.txt and masks.\n"
    "--threads is the number of threads of the CPU; 0, the default, is one a core.\n"
    "--repeat plays the video N times, for measurements. --version and --help print and exit.\n";

struct Options {
    std::string video, mask, programs = "exported", results;
    std::optional<cv::Rect2d> box;
    int threads = 0, repeat = 1;
};

double number(const std::string& text) {
    size_t used = 0;
    double value = 0;
    try {
        value = std::stod(text, &used);
    } catch (const std::exception&) {
    }
    if (used == 0 || used != text.size()) throw dmb::InputError("'" + text + "' is not a number");
    return value;
}

Options parse(int count, char** words) {
    Options options;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        const auto next = [&] {
            if (++i >= count) throw dmb::InputError(word + " needs a value\n" + kUsage);
            return std::string(words[i]);
        };
        if (word == "--box") {
            const double x = number(next()), y = number(next()), w = number(next()), h = number(next());
            options.box = cv::Rect2d(x, y, w, h);
        } else if (word == "--mask") {
            options.mask = next();
        } else if (word == "--programs") {
            options.programs = next();
        } else if (word == "--results") {
            options.results = next();
        } else if (word == "--threads") {
            options.threads = int(number(next()));
            if (options.threads < 0)
                throw dmb::InputError("--threads " + std::to_string(options.threads) +
                                      " is negative; give 0 (one a core) or more");
        } else if (word == "--repeat") {
            options.repeat = int(number(next()));
        } else if (word.rfind("--", 0) == 0) {
            throw dmb::InputError(word + " is no option\n" + kUsage);
        } else {
            options.video = word;
        }
    }
    if (options.video.empty()) throw dmb::InputError(kUsage);
    if (!options.box && options.mask.empty())
        throw dmb::InputError("nothing says where the object is; give --box X Y W H or --mask FILE");
    return options;
}

void write(const Options& options, int index, const dmb::Result& result) {
    char name[32];
    std::snprintf(name, sizeof name, "%08d.png", index);
    cv::imwrite(options.results + "/masks/" + name, result.mask);
    std::ofstream boxes(options.results + "/boxes.txt", std::ios::app);
    char line[128];
    std::snprintf(line, sizeof line, "%.4f\t%.4f\t%.4f\t%.4f\n", result.box.x, result.box.y, result.box.width,
                  result.box.height);
    boxes << line;
}

int run(const Options& options) {
    cv::Mat mask;
    if (!options.mask.empty()) {
        mask = cv::imread(options.mask, cv::IMREAD_GRAYSCALE);
        if (mask.empty())
            throw dmb::InputError("mask " + options.mask + " cannot be read; give an image that is black off the target");
    }
    dmb::Tracker tracker(options.programs, options.threads);
    int index = 0;
    double seconds = 0;
    for (int pass = 0; pass < options.repeat; ++pass) {
        cv::VideoCapture capture(options.video);
        cv::Mat bgr, rgb;
        if (!capture.isOpened() || !capture.read(bgr))
            throw dmb::InputError("video " + options.video + " cannot be read; give a video file or a pattern of images");
        do {
            cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
            const auto before = cv::getTickCount();
            const dmb::Result result = index == 0 ? tracker.initialize(rgb, options.box, mask) : tracker.track(rgb);
            seconds += (cv::getTickCount() - before) / cv::getTickFrequency();
            if (index == 0 && !options.results.empty()) {
                if (std::filesystem::exists(options.results))
                    throw dmb::InputError(options.results + " is there already; give another name, or move it away");
                std::filesystem::create_directories(options.results + "/masks");
            }
            if (!options.results.empty()) write(options, index, result);
            ++index;
        } while (capture.read(bgr));
    }
    std::printf("%d frames, %.1f a second in the tracker\n", index, index / seconds);
    if (!options.results.empty()) std::printf("written: %s\n", options.results.c_str());
    return 0;
}

}  // namespace

int main(int count, char** words) {
    const std::string first = count > 1 ? words[1] : "";
    if (first == "--version" || first == "--help") {
        std::cout << (first == "--help" ? kUsage : "dmb-onnx-track " DMB_VERSION "\n");
        return 0;
    }
    try {
        return run(parse(count, words));
    } catch (const dmb::InputError& error) {
        std::cerr << "error: " << error.what() << "\n";
        return 2;
    }
}
