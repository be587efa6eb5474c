// Starts and follows with one picture in every form that is accepted, and one that is not; prints box or error of each.
#include <cstdio>
#include <opencv2/imgproc.hpp>

#include "dmb_tracker.hpp"

int main(int, char** words) {
    dmb::Tracker tracker(words[1], 1);
    cv::Mat grey(120, 160, CV_8UC1, cv::Scalar(90)), rgb, rgba, wide;
    cv::rectangle(grey, {60, 40, 40, 30}, cv::Scalar(200), cv::FILLED);
    cv::cvtColor(grey, rgb, cv::COLOR_GRAY2RGB);
    cv::cvtColor(grey, rgba, cv::COLOR_GRAY2RGBA);
    grey.convertTo(wide, CV_16U, 257);
    const cv::Mat two(120, 160, CV_8UC2, cv::Scalar(0, 0)), real(120, 160, CV_32FC3, cv::Scalar(0, 0, 0));
    for (const cv::Mat& image : {rgb, rgba, grey, wide, two, real}) {
        try {
            tracker.initialize(image, cv::Rect2d(60, 40, 40, 30));
            const cv::Rect2d box = tracker.track(image).box;
            std::printf("%.6f %.6f %.6f %.6f\n", box.x, box.y, box.width, box.height);
        } catch (const dmb::InputError& error) {
            std::printf("%s\n", error.what());
        }
    }
}
