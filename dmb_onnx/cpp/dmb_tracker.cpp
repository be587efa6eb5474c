// A translation of dmb_onnx/*.py, file by file and name by name.
#include "dmb_tracker.hpp"

#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <sstream>

namespace dmb {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// ---------------------------------------------------------------- programs

struct Tensor {
    std::vector<int64_t> shape;
    std::vector<float> data;
    std::vector<uint8_t> bytes;  // instead of data, for pixels
};

using Values = std::map<std::string, Tensor>;
using Given = std::map<std::string, const Tensor*>;

Tensor tensor(std::vector<int64_t> shape) {
    const auto size = std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
    return {std::move(shape), std::vector<float>(static_cast<size_t>(size)), {}};
}

Tensor scalar(double value) { return {{}, {static_cast<float>(value)}, {}}; }

Tensor pixels_of(const cv::Mat& crop) {
    const cv::Mat whole = crop.isContinuous() ? crop : crop.clone();
    return {{1, crop.rows, crop.cols, 3}, {}, std::vector<uint8_t>(whole.datastart, whole.datastart + whole.total() * 3)};
}

Tensor mask_of(const cv::Mat& mask) {
    return {{1, mask.rows, mask.cols}, std::vector<float>(mask.begin<float>(), mask.end<float>()), {}};
}

Given with(Given given, const Values& values) {
    for (const auto& [name, value] : values) given[name] = &value;
    return given;
}

// The programs of a folder, and the facts of its tracker.json.
class Programs {
   public:
    Programs(const std::string& folder, int threads) : env_(ORT_LOGGING_LEVEL_ERROR, "dmb") {
        const std::string hint = "; write it with: python -m pytracking.export --format onnx --output " + folder;
        const auto path = std::filesystem::path(folder);
        const std::string json = (path / "tracker.json").string();
        if (!std::filesystem::is_regular_file(json)) throw InputError(json + " does not exist" + hint);
        try {
            storage_.open(json, cv::FileStorage::READ);
        } catch (const cv::Exception& error) {
            throw InputError(json + " cannot be read (" + error.err + ")" + hint);
        }
        facts = storage_.root();
        if (!facts["format"].isInt()) throw InputError(json + " cannot be read ('format')" + hint);
        if (const int version = facts["format"]; version != kFormat) {
            std::ostringstream text;
            text << json << " is of format " << version << ", but " << kFormat << " is read here" << hint;
            throw InputError(text.str());
        }
        Ort::SessionOptions options;
        options.SetIntraOpNumThreads(threads);
        for (const auto& program : facts["programs"]) {
            const auto file = path / program["file"].string();
            if (!std::filesystem::is_regular_file(file))
                throw InputError(folder + " lacks " + file.filename().string() + hint);
            try {
                sessions_.emplace(program.name(), Ort::Session(env_, file.c_str(), options));
            } catch (const Ort::Exception& error) {
                throw InputError(file.string() + " cannot be read (" + error.what() + ")" + hint);
            }
        }
    }

    // Runs a program on the tensors it takes from the given ones; returns its outputs by name.
    Values run(const std::string& name, const Given& values) {
        const cv::FileNode program = facts["programs"][name];
        std::vector<std::string> names;
        std::vector<Ort::Value> inputs;
        for (const auto& input : program["inputs"]) {
            names.push_back(input.name());
            inputs.push_back(view(*values.at(names.back())));
        }
        std::vector<std::string> out_names;
        for (const auto& output : program["outputs"]) out_names.push_back(output.string());
        const auto in = pointers(names), out = pointers(out_names);
        auto results = sessions_.at(name).Run(Ort::RunOptions{nullptr}, in.data(), inputs.data(), in.size(), out.data(),
                                              out.size());
        Values found;
        for (size_t i = 0; i < out_names.size(); ++i) {
            const auto info = results[i].GetTensorTypeAndShapeInfo();
            const float* data = results[i].GetTensorData<float>();
            found[out_names[i]] = {info.GetShape(), {data, data + info.GetElementCount()}, {}};
        }
        return found;
    }

    double number(const std::string& name) const { return static_cast<double>(facts["parameters"][name]); }
    bool is_null(const std::string& name) const { return facts["parameters"][name].isNone(); }

    cv::FileNode facts;

   private:
    static constexpr int kFormat = 1;

    static std::vector<const char*> pointers(const std::vector<std::string>& names) {
        std::vector<const char*> all;
        for (const auto& name : names) all.push_back(name.c_str());
        return all;
    }

    Ort::Value view(const Tensor& t) const {
        if (!t.bytes.empty())
            return Ort::Value::CreateTensor<uint8_t>(memory_, const_cast<uint8_t*>(t.bytes.data()), t.bytes.size(),
                                                     t.shape.data(), t.shape.size());
        return Ort::Value::CreateTensor<float>(memory_, const_cast<float*>(t.data.data()), t.data.size(), t.shape.data(),
                                               t.shape.size());
    }

    Ort::Env env_;
    Ort::MemoryInfo memory_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    cv::FileStorage storage_;
    std::map<std::string, Ort::Session> sessions_;
};

// ---------------------------------------------------------------- windows

constexpr double kSmoothedFrom = 2.0;

cv::Mat area_resize(const cv::Mat& image, int width, int height) {
    cv::Mat out;
    cv::resize(image, out, {width, height}, 0, 0, cv::INTER_AREA);
    return out;
}

// An image shrunk by area averages, for samples `step` pixels apart, and the ratios (x, y) of the sizes.
cv::Mat averaged(const cv::Mat& image, double step, cv::Point2d& ratio) {
    ratio = {1, 1};
    if (step < kSmoothedFrom) return image;
    const double whole = std::floor(step);
    const int width = static_cast<int>(std::ceil(image.cols / whole));
    const int height = static_cast<int>(std::ceil(image.rows / whole));
    ratio = {static_cast<double>(image.cols) / width, static_cast<double>(image.rows) / height};
    return area_resize(image, width, height);
}

// CV_32F image at a grid of positions (edge coordinates), border pixels repeated; one axis after the other.
cv::Mat bilinear(const cv::Mat& image, const std::vector<double>& xs, const std::vector<double>& ys) {
    cv::Mat source;
    image.convertTo(source, CV_32F);
    const int channels = source.channels(), columns = static_cast<int>(xs.size()), rows = static_cast<int>(ys.size());
    const auto neighbours = [](double position, int length, int& before, int& after) {
        const double low = std::floor(position - 0.5);
        before = std::clamp(static_cast<int>(low), 0, length - 1);
        after = std::clamp(static_cast<int>(low) + 1, 0, length - 1);
        return static_cast<float>(position - 0.5 - low);
    };
    cv::Mat middle(rows, source.cols, source.type()), out(rows, columns, source.type());
    for (int i = 0; i < rows; ++i) {
        int before, after;
        const float fraction = neighbours(ys[i], source.rows, before, after);
        const float *a = source.ptr<float>(before), *b = source.ptr<float>(after);
        float* to = middle.ptr<float>(i);
        for (int k = 0; k < source.cols * channels; ++k) to[k] = a[k] + (b[k] - a[k]) * fraction;
    }
    for (int j = 0; j < columns; ++j) {
        int before, after;
        const float fraction = neighbours(xs[j], source.cols, before, after);
        for (int i = 0; i < rows; ++i) {
            const float* from = middle.ptr<float>(i);
            float* to = out.ptr<float>(i);
            for (int c = 0; c < channels; ++c) {
                const float a = from[before * channels + c], b = from[after * channels + c];
                to[j * channels + c] = a + (b - a) * fraction;
            }
        }
    }
    return out;
}

// A square of the image, sampled at size x size pixels.
struct Window {
    double x, y, side;
    int size;

    double scale() const { return side / size; }
    cv::Point2d centre() const { return {x + side / 2, y + side / 2}; }
    cv::Point2d to_crop(cv::Point2d p) const { return {(p.x - x) / scale(), (p.y - y) / scale()}; }
    cv::Point2d to_image(cv::Point2d p) const { return {p.x * scale() + x, p.y * scale() + y}; }

    // Crops an RGB image CV_8UC3; outside, its border pixels are repeated.
    cv::Mat extract(const cv::Mat& image) const {
        const cv::Mat crop = sample_part(image, false);
        if (crop.depth() == CV_8U) return crop;
        cv::Mat rounded;
        crop.convertTo(rounded, CV_8U);
        return rounded;
    }

    // Crops a mask CV_8UC1 (0 or 1) to CV_32FC1; zero outside the image.
    cv::Mat extract_mask(const cv::Mat& mask) const {
        cv::Mat numbers;
        mask.convertTo(numbers, CV_32F);
        return sample_part(numbers, true);
    }

    // Pastes the crop's mask CV_32FC1 into an image of the given size: CV_32FC1, zero outside the window.
    cv::Mat paste_mask(const cv::Mat& mask, cv::Size image) const {
        cv::Mat out = cv::Mat::zeros(image, CV_32F);
        const auto range = [this](double start, int length) {
            const auto first = [length](double edge) {
                return std::clamp(static_cast<int>(std::ceil(edge - 0.5)), 0, length);
            };
            return cv::Range(first(start), first(start + side));
        };
        const cv::Range columns = range(x, image.width), rows = range(y, image.height);
        if (columns.size() <= 0 || rows.size() <= 0) return out;
        cv::Point2d ratio;
        const cv::Mat small = averaged(mask, 1 / scale(), ratio);
        const auto places = [this](cv::Range pixels, double start, double by) {
            std::vector<double> all;
            for (int i = pixels.start; i < pixels.end; ++i) all.push_back((i + 0.5 - start) / scale() / by);
            return all;
        };
        bilinear(small, places(columns, x, ratio.x), places(rows, y, ratio.y)).copyTo(out(rows, columns));
        return out;
    }

   private:
    cv::Mat sample_part(const cv::Mat& image, bool zero_outside) const {
        const auto needed = [this](double start, int length) {
            const int step = std::max(1, static_cast<int>(scale()));
            int first = static_cast<int>(std::floor(start)) - step;
            int last = first + step * static_cast<int>(std::ceil((std::ceil(start + side) + step - first) / step));
            first = std::min(std::max(first, 0), length - 1);
            return cv::Range(first, std::min(std::max(last, first + 1), length));
        };
        const cv::Range columns = needed(x, image.cols), rows = needed(y, image.rows);
        return Window{x - columns.start, y - rows.start, side, size}.sample(image(rows, columns), zero_outside);
    }

    cv::Mat sample(const cv::Mat& image, bool zero_outside) const {
        cv::Point2d ratio;
        const cv::Mat small = averaged(image, scale(), ratio);
        const cv::Mat framed = frame(small, image, zero_outside);
        const auto is_whole = [](double number) { return number == std::floor(number); };
        if (scale() < kSmoothedFrom && is_whole(x) && is_whole(y) && is_whole(side)) {
            cv::Mat out;
            cv::resize(cut(framed, int(x) + 1, int(y) + 1, int(side)), out, {size, size});
            return out;
        }
        const double inset = std::min(0.5, side / 2);
        const auto places = [&](double start, double by) {
            std::vector<double> all;
            for (int i = 0; i < size; ++i)
                all.push_back(std::clamp(start + (i + 0.5) * scale(), start + inset, start + side - inset) / by + 1);
            return all;
        };
        return bilinear(framed, places(x, ratio.x), places(y, ratio.y));
    }

    // An averaged image with a border, one pixel wide, of zeros or of the border pixels of `image`.
    static cv::Mat frame(const cv::Mat& small, const cv::Mat& image, bool zero_outside) {
        cv::Mat framed;
        cv::copyMakeBorder(small, framed, 1, 1, 1, 1, zero_outside ? cv::BORDER_CONSTANT : cv::BORDER_REPLICATE);
        if (zero_outside || small.size() == image.size()) return framed;
        for (const bool end : {false, true}) {
            const int row = end ? framed.rows - 1 : 0, column = end ? framed.cols - 1 : 0;
            area_resize(image.row(end ? image.rows - 1 : 0), small.cols, 1)
                .copyTo(framed(cv::Range(row, row + 1), cv::Range(1, framed.cols - 1)));
            area_resize(image.col(end ? image.cols - 1 : 0), 1, small.rows)
                .copyTo(framed(cv::Range(1, framed.rows - 1), cv::Range(column, column + 1)));
        }
        for (const bool bottom : {false, true})
            for (const bool right : {false, true})
                image(cv::Rect(right ? image.cols - 1 : 0, bottom ? image.rows - 1 : 0, 1, 1))
                    .copyTo(framed(cv::Rect(right ? framed.cols - 1 : 0, bottom ? framed.rows - 1 : 0, 1, 1)));
        return framed;
    }

    // The square of whole pixels, border pixels repeated outside the image.
    static cv::Mat cut(const cv::Mat& image, int left, int top, int side) {
        const auto part = [side](int start, int length, int& before, int& behind) {
            const int first = std::min(std::max(start, 0), length - 1);
            const int last = std::min(std::max(start + side, first + 1), length);
            before = std::min(std::max(-start, 0), side - 1);
            behind = side - (last - first) - before;
            return cv::Range(first, last);
        };
        int above, below, before, behind;
        const cv::Range rows = part(top, image.rows, above, below), columns = part(left, image.cols, before, behind);
        cv::Mat out;
        cv::copyMakeBorder(image(rows, columns), out, above, below, before, behind, cv::BORDER_REPLICATE);
        return out;
    }
};

Window around(cv::Point2d centre, double side, int size) {
    return {centre.x - side / 2, centre.y - side / 2, side, size};
}

// ---------------------------------------------------------------- regions

Polygon corners_of(const cv::Rect2d& b) {
    return {cv::Point2d(b.x, b.y), {b.x + b.width, b.y}, {b.x + b.width, b.y + b.height}, {b.x, b.y + b.height}};
}

cv::Rect2d box_of(const Polygon& polygon) {
    cv::Point2d low = polygon[0], high = polygon[0];
    for (const auto& p : polygon) {
        low = {std::min(low.x, p.x), std::min(low.y, p.y)};
        high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    }
    return {low.x, low.y, high.x - low.x, high.y - low.y};
}

double area_of(const Polygon& polygon) {
    double sum = 0;
    for (size_t i = 0; i < 4; ++i) sum += (polygon[i] - polygon[0]).cross(polygon[(i + 1) % 4] - polygon[0]);
    return std::abs(sum) / 2;
}

cv::Point2d centre_of(const Polygon& p) { return (p[0] + p[1] + p[2] + p[3]) / 4; }

cv::Rect2d tight_box(const cv::Mat& mask) { return cv::boundingRect(mask); }

// CV_8UC1, 1 where a pixel's centre is in the box; if there is none, at the pixel nearest to the box's centre.
cv::Mat filled(const cv::Rect2d& box, cv::Size size) {
    cv::Mat mask = cv::Mat::zeros(size, CV_8U);
    const auto inside = [](double start, double length, int pixels) {
        const auto first = [pixels](double edge) { return std::clamp(int(std::ceil(edge - 0.5)), 0, pixels); };
        return cv::Range(first(start), first(start + length));
    };
    const cv::Range columns = inside(box.x, box.width, size.width), rows = inside(box.y, box.height, size.height);
    if (columns.size() > 0 && rows.size() > 0)
        mask(rows, columns) = 1;
    else
        mask.at<uint8_t>(std::clamp(int(std::floor(box.y + box.height / 2)), 0, size.height - 1),
                         std::clamp(int(std::floor(box.x + box.width / 2)), 0, size.width - 1)) = 1;
    return mask;
}

cv::Mat dilated(const cv::Mat& mask, int radius) {
    cv::Mat disc(2 * radius + 1, 2 * radius + 1, CV_8U), out;
    for (int i = -radius; i <= radius; ++i)
        for (int j = -radius; j <= radius; ++j) disc.at<uint8_t>(i + radius, j + radius) = i * i + j * j <= radius * radius;
    cv::dilate(mask, out, disc);
    return out;
}

// As Python writes a list of numbers.
std::string listed(const cv::Rect2d& box) {
    std::ostringstream text;
    const double numbers[] = {box.x, box.y, box.width, box.height};
    for (int i = 0; i < 4; ++i) {
        text << (i ? ", " : "[") << numbers[i];
        if (std::isfinite(numbers[i]) && numbers[i] == std::floor(numbers[i])) text << ".0";
    }
    return text.str() + "]";
}

void check_box(const cv::Rect2d& box, cv::Size image) {
    const std::string what = "box " + listed(box);
    if (!std::isfinite(box.x + box.y + box.width + box.height))
        throw InputError(what + " has numbers that are not finite; give x, y, w, h in pixels");
    if (box.width <= 0 || box.height <= 0)
        throw InputError(what + " has no area; width and height (the last two numbers) must be positive");
    if (std::min(box.x + box.width, double(image.width)) <= std::max(box.x, 0.0) ||
        std::min(box.y + box.height, double(image.height)) <= std::max(box.y, 0.0)) {
        std::ostringstream text;
        text << what << " lies wholly outside the image of " << image.width << " x " << image.height << " pixels";
        throw InputError(text.str());
    }
}

cv::Mat checked_mask(const cv::Mat& mask, cv::Size image) {
    if (mask.size() != image || mask.channels() != 1) {
        std::ostringstream text;
        text << "mask of shape (" << mask.rows << ", " << mask.cols << ") for an image of shape (" << image.height << ", "
             << image.width << "); give one (H, W) alike";
        throw InputError(text.str());
    }
    cv::Mat ones;
    cv::threshold(mask, ones, 0, 1, cv::THRESH_BINARY);
    if (!cv::countNonZero(ones)) throw InputError("mask is empty: no pixel of the target is set");
    return ones;
}

cv::Mat checked_image(const cv::Mat& image) {
    if (image.empty() || (image.channels() != 1 && image.channels() != 3 && image.channels() != 4)) {
        std::ostringstream text;
        text << "image of shape (" << image.rows << ", " << image.cols << ", " << image.channels()
             << "); give (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) with pixels";
        throw InputError(text.str());
    }
    cv::Mat bytes = image;
    if (image.depth() == CV_16U) image.convertTo(bytes, CV_8U, 1 / 257.0);
    if (bytes.depth() != CV_8U) throw InputError("image of another type; give uint8 (0..255) or uint16 (0..65535)");
    cv::Mat rgb = bytes;
    if (bytes.channels() == 1) cv::cvtColor(bytes, rgb, cv::COLOR_GRAY2RGB);
    if (bytes.channels() == 4) cv::cvtColor(bytes, rgb, cv::COLOR_RGBA2RGB);
    return rgb;
}

// ---------------------------------------------------------------- rectangles

using Contour = std::vector<cv::Point>;

// (x, y) turned by `angle` degrees, x towards y; or, inverted, back.
cv::Point2d turned(cv::Point2d p, double angle, bool back = false) {
    const double radians = angle * CV_PI / 180, cos = std::cos(radians), sin = std::sin(radians) * (back ? -1 : 1);
    return {cos * p.x - sin * p.y, sin * p.x + cos * p.y};
}

Polygon corners(cv::Point2d centre, double width, double height, double angle) {
    Polygon all{cv::Point2d(-0.5, -0.5), {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}};
    for (auto& p : all) p = centre + turned({p.x * width, p.y * height}, angle);
    return all;
}

using Sides = std::array<int, 4>;  // top, left, bottom, right

double side_score(const cv::Mat& sums, const Sides& b, double total) {
    if (b[2] <= b[0] || b[3] <= b[1]) return -1;
    const double inside =
        sums.at<double>(b[2], b[3]) - sums.at<double>(b[0], b[3]) - sums.at<double>(b[2], b[1]) + sums.at<double>(b[0], b[1]);
    if (inside < 0.9 * total) return -1;
    return inside / (0.25 * ((b[2] - b[0]) * (b[3] - b[1]) - inside) + total);
}

// The sides move inwards, one pixel at a time, while the score rises.
Sides shrink(const cv::Mat& mask) {
    constexpr std::array<int, 4> inwards{1, 1, -1, -1};
    cv::Mat sums, present = mask > 0;
    cv::integral(mask, sums, CV_64F);
    const double total = static_cast<float>(cv::sum(mask)[0]);
    const cv::Rect whole = cv::boundingRect(present);
    const Sides bounds{whole.y, whole.x, whole.y + whole.height, whole.x + whole.width};
    Sides box = bounds;
    double best = side_score(sums, box, total);
    for (bool improved = true; improved;) {
        improved = false;
        for (int side = 0; side < 4; ++side) {
            Sides trial = box;
            trial[side] += inwards[side];
            if (const double score = side_score(sums, trial, total); score > best) box = trial, best = score, improved = true;
        }
    }
    const Sides shrunk = box;
    for (int side = 0; side < 4; ++side) {
        if (shrunk[side] == bounds[side]) continue;
        Sides trial = shrunk;
        trial[side] -= inwards[side];
        if (const double score = side_score(sums, trial, total); score > best) box = trial, best = score;
    }
    return box;
}

Polygon shrunk_rectangle(const cv::Mat& part, const Contour& contour, cv::Point2d centre, double angle) {
    cv::Point2d low(kInfinity, kInfinity), high(-kInfinity, -kInfinity);
    for (const auto& p : contour) {
        const cv::Point2d at = turned(cv::Point2d(p) - centre, angle, true) + centre;
        low = {std::min(low.x, at.x), std::min(low.y, at.y)};
        high = {std::max(high.x, at.x), std::max(high.y, at.y)};
    }
    const cv::Point2d shift(std::floor(low.x) - 1, std::floor(low.y) - 1);
    const cv::Size size(int(std::ceil(high.x) - shift.x + 2), int(std::ceil(high.y) - shift.y + 2));
    const cv::Point2d x = turned({1, 0}, angle, true), y = turned({0, 1}, angle, true);
    const cv::Point2d at = centre - turned(centre, angle, true) - shift;
    const cv::Matx23d matrix(x.x, y.x, at.x, x.y, y.y, at.y);
    cv::Mat numbers, canvas;
    part.convertTo(numbers, CV_32F);
    cv::warpAffine(numbers, canvas, matrix, size, cv::INTER_LINEAR);
    const Sides box = shrink(canvas);
    Polygon edges = corners_of(cv::Rect2d(box[1], box[0], box[3] - box[1], box[2] - box[0]));
    for (auto& p : edges) p = turned(p - cv::Point2d(0.5, 0.5) + shift - centre, angle) + centre + cv::Point2d(0.5, 0.5);
    return edges;
}

// In edge coordinates of the mask CV_8UC1; nothing where the contour's area is 50 pixels or less.
std::optional<Polygon> fit_rectangle(const cv::Mat& mask, bool upright, bool optimize) {
    std::vector<Contour> contours;
    cv::findContours(mask.clone(), contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
    const auto smaller = [](const Contour& a, const Contour& b) { return cv::contourArea(a) < cv::contourArea(b); };
    const auto largest = std::max_element(contours.begin(), contours.end(), smaller);
    if (largest == contours.end() || cv::contourArea(*largest) <= 50) return std::nullopt;
    if (upright) return corners_of(cv::Rect2d(cv::boundingRect(*largest)));
    const cv::RotatedRect smallest = cv::minAreaRect(*largest);
    const Polygon around_all = corners(cv::Point2d(smallest.center) + cv::Point2d(0.5, 0.5), smallest.size.width + 1.0,
                                       smallest.size.height + 1.0, smallest.angle);
    if (!optimize) return around_all;
    cv::Mat part = cv::Mat::zeros(mask.size(), CV_8U);
    cv::drawContours(part, contours, int(largest - contours.begin()), 1, cv::FILLED);
    part &= mask;
    const cv::RotatedRect ellipse = cv::fitEllipse(*largest);
    const double longest = std::max(ellipse.size.width, ellipse.size.height);
    const bool sound = std::isfinite(ellipse.size.width + ellipse.size.height) && longest <= 0.6 * std::max(part.rows, part.cols);
    const cv::RotatedRect& frame = sound ? ellipse : smallest;
    const Polygon shrunk = shrunk_rectangle(part, *largest, frame.center, frame.angle);
    const double ratio = area_of(shrunk) / area_of(around_all);
    return 0.1 <= ratio && ratio <= 2.5 ? shrunk : around_all;
}

// ---------------------------------------------------------------- shape

struct Shape {
    std::optional<Polygon> polygon;
    cv::Rect2d box;
    cv::Mat mask;  // CV_8UC1, 255 on the target, of the image
    double pixels, score;
};

// Fits the regions of one target, in the size that its annotator would draw.
struct ShapeFitter {
    bool upright, optimize;
    cv::Point2d factors{1, 1}, offset{0, 0};

    void calibrate(const Polygon& region, const cv::Mat& mask, const Window& window) {
        const auto found = fit_rectangle(window.extract_mask(mask) > 0.5f, upright, optimize);
        if (!found) return;
        const Polygon rectangle = in_image(*found, window);
        const auto clip = [](double ratio) { return std::clamp(ratio, 0.8, 1.5); };
        const double by_area = clip(std::sqrt(area_of(region) / area_of(rectangle)));
        factors = {by_area, by_area};
        if (!upright) return;
        const cv::Rect2d sides = box_of(rectangle), given = box_of(region);
        factors = {std::sqrt(by_area * clip(given.width / sides.width)),
                   std::sqrt(by_area * clip(given.height / sides.height))};
        const cv::Point2d shift = centre_of(region) - centre_of(rectangle);
        offset = {shift.x / sides.width / 2, shift.y / sides.height / 2};
    }

    // Fits the largest part of the crop's mask CV_8UC1, with the target's probability CV_32FC1.
    Shape fit(const cv::Mat& on_target, const cv::Mat& probability, const Window& window, cv::Size image) const {
        cv::Mat labels, stats, centres;
        const int count = cv::connectedComponentsWithStats(on_target, labels, stats, centres, 8);
        int best = 0, most = 50;
        for (int label = 1; label < count; ++label)
            if (const int area = stats.at<int>(label, cv::CC_STAT_AREA); area > most) best = label, most = area;
        const cv::Mat part = best ? cv::Mat(labels == best) : cv::Mat(cv::Mat::zeros(on_target.size(), CV_8U));
        Shape shape{fit_rectangle(part, upright, optimize), {}, {}, 0, 0};
        if (shape.polygon) {
            const Polygon around_mask = upright ? *shape.polygon : corners_of(tight_box(part));
            shape.polygon = calibrated(in_image(*shape.polygon, window));
            shape.box = box_of(calibrated(in_image(around_mask, window)));
        }
        const int pixels = cv::countNonZero(part);
        shape.pixels = pixels * window.scale() * window.scale();
        shape.score = pixels ? cv::mean(probability, part)[0] : 0.0;
        shape.mask = window.paste_mask(part / 255, image) > 0.5f;
        return shape;
    }

   private:
    static Polygon in_image(Polygon polygon, const Window& window) {
        for (auto& p : polygon) p = window.to_image(p);
        return polygon;
    }

    Polygon calibrated(Polygon rectangle) const {
        const cv::Point2d centre = centre_of(rectangle);
        const cv::Rect2d sides = box_of(rectangle);
        const cv::Point2d shift(offset.x * sides.width, offset.y * sides.height);
        for (auto& p : rectangle)
            p = centre + shift + cv::Point2d(factors.x * (p.x - centre.x), factors.y * (p.y - centre.y));
        return rectangle;
    }
};

// ---------------------------------------------------------------- target

struct Target {
    cv::Point2d centre;
    cv::Size2d base_size;  // in pixels of the search crop
    double scale;          // image pixels per pixel of that crop

    cv::Size2d size() const { return {base_size.width * scale, base_size.height * scale}; }
    cv::Rect2d box() const {
        const auto s = size();
        return {centre.x - s.width / 2, centre.y - s.height / 2, s.width, s.height};
    }
    Target moved(cv::Point2d to) const { return {to, base_size, scale}; }
    Target moved_inside(cv::Point2d to, cv::Size image) const {
        return moved({std::clamp(to.x, 0.0, double(image.width)), std::clamp(to.y, 0.0, double(image.height))});
    }
    Target rescaled(double factor) const { return {centre, base_size, scale * factor}; }
    Window search_window(int pixels) const { return around(centre, scale * pixels, pixels); }
    Window segmentation_window(double factor, int pixels) const {
        const cv::Rect2d b = box();
        const double side = std::max(1.0, std::ceil(std::sqrt(b.width * b.height) * factor));
        return {std::nearbyint(b.x + b.width / 2 - side / 2), std::nearbyint(b.y + b.height / 2 - side / 2), side, pixels};
    }
};

// ---------------------------------------------------------------- augmentation

// The crop of a window, then the same shifted, mirrored, blurred and rotated; and the shift of the content in each.
std::vector<cv::Mat> augment(const cv::Mat& image, const Window& window, const cv::FileNode& augmentation, double expansion,
                             std::vector<cv::Point>& moved) {
    const int size = window.size;
    moved.assign(1, {0, 0});
    for (const auto& shift : augmentation["relativeshift"])
        moved.emplace_back(int(double(shift[1]) * size / 2), int(double(shift[0]) * size / 2));
    int margin = int(std::ceil((expansion - 1) * size / 2));
    for (const auto& by : moved) margin = std::max({margin, std::abs(by.x), std::abs(by.y)});
    const int whole = size + 2 * margin;
    const cv::Mat expanded = around(window.centre(), window.scale() * whole, whole).extract(image);
    std::vector<cv::Mat> crops;
    const auto cut = [&](const cv::Mat& picture, cv::Point by = {}) {
        crops.push_back(picture(cv::Rect(margin - by.x, margin - by.y, size, size)).clone());
    };
    for (const auto& by : moved) cut(expanded, by);
    if (int(augmentation["fliplr"])) {
        cv::Mat mirrored;
        cv::flip(expanded, mirrored, 1);
        cut(mirrored);
    }
    for (const auto& sigmas : augmentation["blur"]) {
        const double vertical = sigmas[0], horizontal = sigmas[1];
        const auto kernel = [](double sigma) { return 2 * int(std::ceil(2 * sigma)) + 1; };
        cv::Mat blurred;
        cv::GaussianBlur(expanded, blurred, {kernel(horizontal), kernel(vertical)}, horizontal, vertical);
        cut(blurred);
    }
    for (const auto& angle : augmentation["rotate"]) {
        cv::Mat matrix = cv::getRotationMatrix2D({(whole - 1) / 2.0f, (whole - 1) / 2.0f}, double(angle), 1), crop;
        matrix.at<double>(0, 2) -= margin;
        matrix.at<double>(1, 2) -= margin;
        cv::warpAffine(expanded, crop, matrix, {size, size}, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
        crops.push_back(crop);
    }
    moved.resize(crops.size(), {0, 0});
    return crops;
}

// ---------------------------------------------------------------- filter

enum class Flag { kFound, kNotFound, kHardNegative, kUncertain };

struct Located {
    cv::Point2d centre;
    double score;
    Flag flag;
    double uncertainty;
    Tensor score_map;
    Window window;
    Tensor sample;

    double score_at(cv::Point2d point) const {
        const int points = static_cast<int>(score_map.shape.back());
        const cv::Point2d at = window.to_crop(point) * (double(points) / window.size);
        const auto index = [points](double x) { return std::clamp(int(std::nearbyint(x)), 0, points - 1); };
        return score_map.data[static_cast<size_t>(index(at.y)) * points + index(at.x)];
    }
};

// The correlation filter, learned online; it learns from the first frame when it is built.
class Filter {
   public:
    Filter(Programs& programs, const cv::Mat& image, const Target& target)
        : programs_(programs), stride_(programs.facts["stride"]), size_(programs.facts["search_crop"]["size"]) {
        std::vector<cv::Point> moved;
        const auto crops = augment(image, target.search_window(size_), programs.facts["parameters"]["augmentation"],
                                   programs.number("augmentation_expansion_factor"), moved);
        sigma_ = scalar(std::sqrt(target.base_size.area()) / stride_ * programs.number("output_sigma_factor"));
        Tensor features;
        for (const auto& crop : crops) {
            Tensor one = this->features(crop);
            features.shape = one.shape;
            features.data.insert(features.data.end(), one.data.begin(), one.data.end());
        }
        features.shape[0] = static_cast<int64_t>(crops.size());
        Tensor centres = tensor({features.shape[0], 2});
        for (size_t i = 0; i < moved.size(); ++i) {
            centres.data[2 * i] = static_cast<float>(size_ / 2.0 + moved[i].x);
            centres.data[2 * i + 1] = static_cast<float>(size_ / 2.0 + moved[i].y);
        }
        start(features, centres);
    }

    double typical_score() const {
        return std::accumulate(peaks_.begin(), peaks_.end(), 0.0) / std::max<size_t>(1, peaks_.size());
    }

    Located locate(const cv::Mat& image, const Target& target) {
        ++frames_;
        const Window window = target.search_window(size_);
        Values seen = score(window.extract(image), target);
        const int width = static_cast<int>(seen["score_map"].shape[1]);
        const auto& peaks = seen["peaks"].data;
        const auto place = [&](int i) { return cv::Point(int(peaks[2 + i]) % width, int(peaks[2 + i]) / width); };
        const std::array<cv::Point, 2> places{place(0), place(1)};
        cv::Point best = places[0];
        const Flag flag = judge(peaks[0], peaks[1], places, width, best);
        const cv::Point2d centre = window.to_image(cv::Point2d(best) / programs_.number("score_upsample_factor"));
        const double uncertainty = uncertainty_of(peaks[0]);
        return {centre, peaks[0], flag, uncertainty, std::move(seen["score_map"]), window, std::move(seen["sample"])};
    }

    double peak_score(const cv::Mat& image, const Target& target) {
        return score(target.search_window(size_).extract(image), target)["peaks"].data[0];
    }

    void learn(const Located& located, cv::Point2d centre) {
        const bool hard = located.flag == Flag::kHardNegative;
        const double rate = programs_.number(hard ? "hard_negative_learning_rate" : "learning_rate");
        const auto index = std::min_element(weights_.begin(), weights_.end()) - weights_.begin();
        if (last_ < 0) {
            for (auto& weight : weights_) weight /= 1 - rate;
            weights_[index] = rate;
        } else {
            weights_[index] = weights_[last_] / (1 - rate);
        }
        const double sum = std::accumulate(weights_.begin(), weights_.end(), 0.0);
        for (auto& weight : weights_) weight /= sum;
        last_ = index;
        const auto& sample = located.sample.data;
        std::copy(sample.begin(), sample.end(), samples_.data.begin() + index * static_cast<int64_t>(sample.size()));
        const cv::Point2d at = located.window.to_crop(centre);
        centres_.data[2 * index] = static_cast<float>(at.x);
        centres_.data[2 * index + 1] = static_cast<float>(at.y);
        if (hard || frames_ % int(programs_.number("train_skipping")) == 0) {
            Tensor weights{{int64_t(weights_.size())}, {weights_.begin(), weights_.end()}, {}};
            const Given given{{"filter", &learned_["filter"]}, {"samples", &samples_}, {"centres", &centres_},
                              {"weights", &weights}, {"sigma", &sigma_}};
            learned_["filter"] = std::move(programs_.run("filter_update", given)["new_filter"]);
        }
    }

    // The places of a frame that look most like the target, best first.
    std::vector<Target> search(const cv::Mat& image, const Target& target) {
        const Window window = frame_window(image.size(), target);
        const Tensor features = this->features(window.extract(image));
        Tensor found = std::move(programs_.run("filter_search", with({{"features", &features}}, learned_))["scores"]);
        cv::Mat scores(int(found.shape[0]), int(found.shape[1]), CV_32F, found.data.data()), highest;
        const cv::FileNode kernel = programs_.facts["parameters"]["kernel_size"];
        const cv::Point2d odd(int(kernel[1]) % 2 / 2.0, int(kernel[0]) % 2 / 2.0);
        const auto point = [&](int row, int column) { return window.to_image((cv::Point2d(column, row) + odd) * stride_); };
        for (int row = 0; row < scores.rows; ++row)
            for (int column = 0; column < scores.cols; ++column) {
                const auto p = point(row, column);
                if (p.x < 0 || p.y < 0 || p.x > image.cols || p.y > image.rows)
                    scores.at<float>(row, column) = -std::numeric_limits<float>::infinity();
            }
        const auto apart = [this](double length) { return 2 * std::max(1, int(std::nearbyint(length / stride_))) + 1; };
        cv::dilate(scores, highest, cv::Mat::ones(apart(target.base_size.height), apart(target.base_size.width), CV_8U));
        std::vector<std::pair<float, cv::Point>> best;
        for (int row = 0; row < scores.rows; ++row)
            for (int column = 0; column < scores.cols; ++column)
                if (const float s = scores.at<float>(row, column); std::isfinite(s) && s >= highest.at<float>(row, column))
                    best.push_back({s, {column, row}});
        std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
        std::vector<Target> places;
        for (size_t i = 0; i < std::min<size_t>(3, best.size()); ++i)
            places.push_back(target.moved(point(best[i].second.y, best[i].second.x)));
        return places;
    }

   private:
    void start(const Tensor& features, const Tensor& centres) {
        const int64_t channels = int64_t(programs_.number("compressed_dim"));
        Tensor covariance = std::move(programs_.run("filter_covariance", {{"features", &features}})["covariance"]);
        cv::Mat values, axes;  // in rows, by decreasing eigenvalues
        const int n = static_cast<int>(covariance.shape[0]);
        cv::eigen(cv::Mat(n, n, CV_32F, covariance.data.data()), values, axes);
        const cv::FileNode kernel = programs_.facts["parameters"]["kernel_size"];
        learned_["projection"] = {{channels, n}, {axes.ptr<float>(), axes.ptr<float>() + channels * n}, {}};
        learned_["filter"] = tensor({channels, int(kernel[0]), int(kernel[1])});
        Values step;
        for (int i = 0; i < int(programs_.number("init_GN_iter")); ++i) {
            step = programs_.run("filter_start", with({{"features", &features}, {"centres", &centres}, {"sigma", &sigma_}}, learned_));
            learned_["projection"] = std::move(step["new_projection"]);
            learned_["filter"] = std::move(step["new_filter"]);
        }
        const auto capacity = int64_t(programs_.number("sample_memory_size"));
        const auto& samples = step["samples"];
        samples_ = tensor({capacity, samples.shape[1], samples.shape[2], samples.shape[3]});
        std::copy(samples.data.begin(), samples.data.end(), samples_.data.begin());
        centres_ = tensor({capacity, 2});
        std::copy(centres.data.begin(), centres.data.end(), centres_.data.begin());
        weights_.assign(capacity, 0);
        std::fill_n(weights_.begin(), samples.shape[0], 1.0 / samples.shape[0]);
    }

    Tensor features(const cv::Mat& crop) {
        const Tensor pixels = pixels_of(crop);
        return std::move(programs_.run("features", {{"pixels", &pixels}})["features"]);
    }

    Values score(const cv::Mat& crop, const Target& target) {
        const double factor = programs_.number("target_neighborhood_scale") * programs_.number("score_upsample_factor");
        const Tensor near{{2}, {float(factor * target.base_size.height), float(factor * target.base_size.width)}, {}};
        const Tensor seen = features(crop);
        return programs_.run("filter_score", with({{"features", &seen}, {"neighbourhood", &near}}, learned_));
    }

    Flag judge(double first, double second, const std::array<cv::Point, 2>& places, int width, cv::Point& best) const {
        const double lowest = programs_.number("target_not_found_threshold");
        if (first < lowest) return Flag::kNotFound;
        if (!(first > 0)) return Flag::kUncertain;
        if (second > programs_.number("distractor_threshold") * first) {
            const double limit = programs_.number("displacement_scale") * width / 2;
            const auto far = [&](int i) { return std::hypot(places[i].y - width / 2, places[i].x - width / 2); };
            if ((far(0) < limit && limit < far(1)) || (far(1) < limit && limit < far(0))) {
                best = places[far(1) < far(0)];
                return Flag::kHardNegative;
            }
            return Flag::kUncertain;
        }
        return second > std::max(programs_.number("hard_negative_threshold") * first, lowest) ? Flag::kHardNegative
                                                                                              : Flag::kFound;
    }

    // Mean of the last peak scores divided by this one; adds this one to them.
    double uncertainty_of(double score) {
        const auto budget = size_t(programs_.number("response_budget_sz"));
        std::deque<double> scores = peaks_;
        scores.push_back(std::max(0.0, score));
        if (scores.size() > budget) scores.pop_front();
        double uncertainty = 0;
        if (!(score > 0))
            uncertainty = kInfinity;
        else if (frames_ > 5)
            uncertainty = std::accumulate(scores.begin(), scores.end(), 0.0) / scores.size() / score;
        if (uncertainty <= programs_.number("budget_uncertainty_thr")) peaks_ = scores;
        return uncertainty;
    }

    Window frame_window(cv::Size image, const Target& target) const {
        const int cells = int(std::ceil(std::max(image.width, image.height) / target.scale / stride_));
        const int size = std::min(cells, 48) * stride_;
        const double side = size * target.scale;
        const auto centre = [side](double length, double at) {
            const double slack = std::max(length - side, 0.0) / 2;
            return std::clamp(at, length / 2 - slack, length / 2 + slack);
        };
        return around({centre(image.width, target.centre.x), centre(image.height, target.centre.y)}, side, size);
    }

    Programs& programs_;
    int stride_, size_, frames_ = 0;
    int64_t last_ = -1;
    Tensor sigma_, samples_, centres_;
    std::vector<double> weights_;
    std::deque<double> peaks_;
    Values learned_;
};

// ---------------------------------------------------------------- bank

// Slots for the first frame, the last one, and kept ones; the oldest kept one makes room.
class Bank {
   public:
    Bank(int capacity, const Tensor& key, const Tensor& value) {
        arrays["bank_key"] = tensor({capacity, key.shape[0], key.shape[1]});
        arrays["bank_value"] = tensor({capacity, value.shape[0], value.shape[1]});
        arrays["used"] = tensor({capacity});
        write(0, key, value);
    }

    void remember(bool keep, const Tensor& key, const Tensor& value) {
        const size_t slot = last_ ? *last_ : free_slot();
        write(slot, key, value);
        last_ = keep ? std::nullopt : std::optional<size_t>(slot);
        if (keep) kept_.push_back(slot);
    }

    Values arrays;

   private:
    size_t free_slot() {
        const auto& used = arrays["used"].data;
        const auto free = std::find(used.begin(), used.end(), 0.0f);
        if (free != used.end()) return free - used.begin();
        const size_t oldest = kept_.front();
        kept_.pop_front();
        return oldest;
    }

    void write(size_t slot, const Tensor& key, const Tensor& value) {
        std::copy(key.data.begin(), key.data.end(), arrays["bank_key"].data.begin() + slot * key.data.size());
        std::copy(value.data.begin(), value.data.end(), arrays["bank_value"].data.begin() + slot * value.data.size());
        arrays["used"].data[slot] = 1;
    }

    std::deque<size_t> kept_;
    std::optional<size_t> last_;
};

// ---------------------------------------------------------------- rules

using ScoreOf = std::function<double(const Target&)>;

// Rules for each frame: whether the mask counts, where the target is, and how large it is.
class Rules {
   public:
    Rules(const Programs& programs, bool from_mask, double pixels, bool upright) : upright_(upright), p_(programs) {
        const std::string prefix = from_mask ? "mask_init_" : "";
        mask_threshold = p_.number(prefix + "segm_mask_thr");
        limits_ = {p_.number(prefix + "min_scale_change_factor"), p_.number(prefix + "max_scale_change_factor")};
        pixels_.push_back(pixels);
    }

    double mask_threshold;

    bool is_certain(const Located& located) const { return located.uncertainty < p_.number("tracking_uncertainty_thr"); }
    bool is_confident(const Located& located) const {
        return is_certain(located) && located.flag != Flag::kUncertain && located.flag != Flag::kNotFound;
    }

    bool believes(const Shape& shape, const Located& located, const Target& target) const {
        if (!shape.polygon || !is_certain(located)) return true;
        const double ratio = area_of(*shape.polygon) / target.size().area(), share = p_.number("mask_agreement");
        if (!p_.is_null("mask_area_ratio")) {
            const double most = p_.number("mask_area_ratio");
            if (!(1 / most <= ratio && ratio <= most)) return false;
        }
        return share == 0 || agreement(&shape, located) >= share;
    }

    double agreement(const Shape* shape, const Located& located) const {
        if (!shape || !shape->polygon || !(located.score > 0)) return 0;
        return std::max(0.0, located.score_at(centre_of(*shape->polygon)) / located.score);
    }

    Target follow(Target target, const Shape& shape, const Located& located, cv::Size image, const ScoreOf& score_of) {
        if (!shape.polygon) return target;
        const double own = target.size().area(), side = std::max(image.width, image.height);
        const double change = std::sqrt(std::min(area_of(*shape.polygon), std::max(side * side, own)) / own);
        const auto limits = scale_limits(target, change, located, score_of);
        target = target.rescaled(step(target.scale, change, shape.pixels, located.uncertainty, limits));
        return target.moved_inside(centre(shape, located, p_.number("filter_share")), image);
    }

    void region(const Shape& shape, const Located& located, Polygon& polygon, cv::Rect2d& box) {
        const cv::Point2d at = centre(shape, located, p_.number("region_filter_share"));
        polygon = *shape.polygon;
        for (auto& p : polygon) p += at - centre_of(*shape.polygon);
        box = p_.facts["parameters"]["box_from"].string() == "mask" ? shape.box : box_of(polygon);
        if (!upright_) return;
        const double share = p_.number("region_smoothing");
        const cv::Size2d now = box_of(polygon).size();
        const auto smooth = [&](double before, double after) { return std::pow(before, share) * std::pow(after, 1 - share); };
        size_ = size_.empty() ? now : cv::Size2d(smooth(size_.width, now.width), smooth(size_.height, now.height));
        box = {at.x - size_.width / 2, at.y - size_.height / 2, size_.width, size_.height};
        polygon = corners_of(box);
    }

   private:
    using Limits = std::pair<double, double>;

    cv::Point2d centre(const Shape& shape, const Located& located, double share) const {
        share = is_certain(located) ? share : 0;
        return (1 - share) * centre_of(*shape.polygon) + share * located.centre;
    }

    Limits scale_limits(const Target& target, double change, const Located& located, const ScoreOf& score_of) const {
        if (!p_.number("scale_witness") || (1 / 1.07 < change && change < 1.07)) return limits_;
        const Target other = target.rescaled(change > 1 ? 1.075 : 1 / 1.075);
        if (is_certain(located) && score_of(other) > score_of(target)) return limits_;
        const cv::FileNode slow = p_.facts["parameters"]["slow_scale_change"];
        return {double(slow[0]), double(slow[1])};
    }

    // Factor for the scale; 1 when the measurement does not count.
    double step(double scale, double change, double pixels, double uncertainty, const Limits& limits) {
        const double average = std::accumulate(pixels_.begin(), pixels_.end(), 0.0) / pixels_.size();
        const double deviation = std::abs(pixels - average) / average;
        if (deviation < p_.number("consider_segm_pixels_ratio")) {
            pixels_.push_back(pixels);
            if (pixels_.size() > size_t(p_.number("mask_pixels_budget_sz"))) pixels_.pop_front();
        }
        const bool believed = p_.number("segm_scale_estimation") && uncertainty < p_.number("uncertainty_segm_scale_thr") &&
                              deviation < p_.number("segm_pixels_ratio") && scale * change > p_.number("segm_min_scale") &&
                              std::abs(change - 1) < p_.number("max_rel_scale_ch_thr");
        return believed ? std::clamp(change, limits.first, limits.second) : 1;
    }

    bool upright_;
    const Programs& p_;
    Limits limits_;
    std::deque<double> pixels_;
    cv::Size2d size_;
};

// Decides when the target is lost, and then looks for it in the whole frame.
class Recovery {
   public:
    explicit Recovery(const Programs& programs) : p_(programs) {}

    Target look(const cv::Mat& image, const Target& target, Filter& filter) {
        left_.reset();
        const int frames_lost = missed_ - int(p_.number("lost_after"));
        if (p_.is_null("redetection_interval") || frames_lost < 0 || frames_lost % int(p_.number("redetection_interval")))
            return target;
        double score = -kInfinity;
        Target best = target;
        for (const Target& place : filter.search(image, target))
            if (const double at = filter.peak_score(image, place); at > score) score = at, best = place;
        if (score < p_.number("redetection_score") * filter.typical_score()) return target;
        left_ = target;
        return best;
    }

    std::string settle(Target& target, const std::string& found) {
        const auto left = std::exchange(left_, std::nullopt);
        const bool failed = left && found != "tracked";
        missed_ = failed || found == "lost" ? missed_ + 1 : 0;
        if (failed) {
            target = *left;
            return "lost";
        }
        if (found != "lost") return found;
        return missed_ >= p_.number("lost_after") ? "lost" : "doubtful";
    }

   private:
    const Programs& p_;
    int missed_ = 0;
    std::optional<Target> left_;
};

// What is known of one target.
struct Followed {
    Filter filter;
    Target target;
    std::optional<Bank> bank;
    Tensor look;
    std::optional<Rules> rules;
    ShapeFitter fitter;
    Recovery recovery;
    int number = 0;
};

}  // namespace

// ---------------------------------------------------------------- tracker

struct Tracker::Impl {
    Impl(const std::string& folder, int threads) : programs(folder, threads) {}

    Programs programs;
    std::unique_ptr<Followed> f;

    Window window() const {
        const cv::FileNode crop = programs.facts["segmentation_crop"];
        return f->target.segmentation_window(double(crop["factor"]), int(crop["size"]));
    }

    Values encode(const cv::Mat& image, const Window& window) {
        Tensor pixels = pixels_of(window.extract(image));
        Values frame = programs.run("encode", {{"pixels", &pixels}});
        frame["pixels"] = std::move(pixels);
        return frame;
    }

    Values segment(const Values& frame) {
        return programs.run("segment", with(with({{"look", &f->look}}, frame), f->bank->arrays));
    }

    Values remember(const Values& frame, const Tensor& mask) {
        return programs.run("remember", with({{"mask", &mask}}, frame));
    }

    void start_bank(const Values& frame, const Window& window, const cv::Mat& mask) {
        Values first = remember(frame, mask_of(window.extract_mask(mask)));
        f->look = std::move(first["look"]);
        f->bank.emplace(int(programs.number("memory_capacity")), first["memory_key"], first["memory_value"]);
    }

    // The network's mask of the target in a region; it replaces the region's mask in the memory.
    cv::Mat refined(const Values& frame, const Window& window, const cv::Mat& region) {
        Values seen = segment(frame);
        const cv::Mat probability = window.paste_mask(map_of(seen["probability"]), region.size());
        const int radius = std::max(1, int(std::nearbyint(0.05 * std::sqrt(cv::countNonZero(region)))));
        cv::Mat mask = (probability > float(programs.number("init_segm_mask_thr"))) / 255;
        mask &= dilated(region, radius);
        if (!cv::countNonZero(mask)) mask = region;
        start_bank(frame, window, mask);
        return mask;
    }

    static cv::Mat map_of(Tensor& t) {
        return cv::Mat(int(t.shape[t.shape.size() - 2]), int(t.shape.back()), CV_32F, t.data.data());
    }

    double score(const Located& located, const Shape* shape, double likeness) const {
        const double seen[] = {1, located.score, shape ? shape->score : 0, f->rules->agreement(shape, located), likeness};
        double logit = 0;
        for (int i = 0; i < 5; ++i) logit += double(programs.facts["parameters"]["score_weights"][i]) * seen[i];
        return 1 / (1 + std::exp(-std::clamp(logit, -50.0, 50.0)));
    }

    std::string state(double score) const {
        if (score < programs.number("lost_score")) return "lost";
        return score >= 0.5 ? "tracked" : "doubtful";
    }
};

Tracker::Tracker(const std::string& folder, int threads) : impl_(std::make_unique<Impl>(folder, threads)) {}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;

Result Tracker::initialize(const cv::Mat& given, const std::optional<cv::Rect2d>& box, const cv::Mat& given_mask) {
    Impl& t = *impl_;
    const Programs& p = t.programs;
    const cv::Mat image = checked_image(given);
    cv::Mat mask = given_mask.empty() ? cv::Mat() : checked_mask(given_mask, image.size());
    const bool exact = !mask.empty();
    if (!exact && !box) throw InputError("initialize: neither a box nor a mask is given");
    if (box) check_box(*box, image.size());
    const cv::Rect2d region = box ? *box : tight_box(mask);
    const cv::FileNode search = p.facts["search_crop"];
    const double scale = std::sqrt(region.area()) * double(search["factor"]) / int(search["size"]);
    const Target target{{region.x + region.width / 2, region.y + region.height / 2},
                        {region.width / scale, region.height / scale}, scale};
    const bool upright = p.number("upright_region") && box;
    t.f.reset(new Followed{Filter(t.programs, image, target), target, {}, {}, {},
                           ShapeFitter{upright, p.number("segm_optimize_polygon") != 0}, Recovery(p)});
    const Window window = t.window();
    const Values frame = t.encode(image, window);
    if (!exact) mask = filled(region, image.size());
    t.start_bank(frame, window, mask);
    if (!exact) mask = t.refined(frame, window, mask);
    t.f->rules.emplace(p, exact, double(cv::countNonZero(mask)), upright);
    if (p.number("calibrate_region")) t.f->fitter.calibrate(corners_of(region), mask, window);
    return {region, corners_of(region), mask * 255, 1.0, "tracked"};
}

Result Tracker::track(const cv::Mat& given) {
    Impl& t = *impl_;
    if (!t.f) throw InputError("track: initialize first");
    Followed& f = *t.f;
    Rules& rules = *f.rules;
    const cv::Mat image = checked_image(given);
    ++f.number;
    // 1. Where does the filter see the target?
    f.target = f.recovery.look(image, f.target.moved_inside(f.target.centre, image.size()), f.filter);
    const Located located = f.filter.locate(image, f.target);
    if (rules.is_certain(located)) f.target = f.target.moved_inside(located.centre, image.size());
    // 2. Which pixels belong to it?
    const Window window = t.window();
    Values frame, seen;
    std::optional<Shape> shape;
    bool believed = false;
    if (located.uncertainty <= t.programs.number("uncertainty_segment_thr")) {
        frame = t.encode(image, window);
        seen = t.segment(frame);
        const cv::Mat probability = Impl::map_of(seen["probability"]);
        shape = f.fitter.fit(probability > float(rules.mask_threshold), probability, window, image.size());
        believed = rules.believes(*shape, located, f.target);
    }
    // 3. Where is it, how large, and is it lost?
    if (believed) {
        const auto score_of = [&](const Target& state) { return f.filter.peak_score(image, state); };
        f.target = rules.follow(f.target, *shape, located, image.size(), score_of);
    }
    const double score = t.score(located, shape ? &*shape : nullptr, shape ? seen["likeness"].data[0] : 0.0);
    const std::string state = f.recovery.settle(f.target, t.state(score));
    // 4. Both memories learn.
    const bool lost = state == "lost", confident = rules.is_confident(located) && !lost;
    if (confident) f.filter.learn(located, f.target.centre);
    const bool keep = confident && f.number % int(t.programs.number("memory_interval")) == 0;
    if (believed && !lost && (keep || t.programs.number("remember_last"))) {
        Values now = t.remember(frame, seen["memory_mask"]);
        f.bank->remember(keep, now["memory_key"], now["memory_value"]);
    }
    Result result{f.target.box(), corners_of(f.target.box()), cv::Mat::zeros(image.size(), CV_8U), score, state};
    if (believed && !lost && shape->polygon) rules.region(*shape, located, result.polygon, result.box);
    if (shape && !lost) result.mask = shape->mask;
    return result;
}

}  // namespace dmb
