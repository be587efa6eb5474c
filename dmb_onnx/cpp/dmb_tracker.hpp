// The DMB tracker in C++17: onnxruntime and OpenCV run what `python -m pytracking.export --format onnx` wrote.
#pragma once

#include <array>
#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace dmb {

// A folder, image, box or mask cannot be used; what() says what to do about it.
struct InputError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Polygon = std::array<cv::Point2d, 4>;

// What is known of the target in a frame. Coordinates are image pixels; pixel (i, j) covers [j, j+1) x [i, i+1).
struct Result {
    cv::Rect2d box;
    Polygon polygon;
    cv::Mat mask;       // CV_8UC1, 255 on the target
    double score;       // probability that the region overlaps the target by more than half
    std::string state;  // tracked, doubtful or lost
};

// Follows one object by its pixels.
class Tracker {
   public:
    // Reads a folder of exported programs, to be run by so many threads of the CPU (0: one a core). Throws InputError.
    explicit Tracker(const std::string& folder, int threads = 0);
    ~Tracker();
    Tracker(Tracker&&) noexcept;
    Tracker& operator=(Tracker&&) noexcept;

    // Starts on the target in a box, or in a mask (CV_8UC1, not 0 on it), or both, of an RGB image CV_8UC3.
    Result initialize(const cv::Mat& image, const std::optional<cv::Rect2d>& box, const cv::Mat& mask = {});
    // Follows it into the next frame.
    Result track(const cv::Mat& image);

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dmb
