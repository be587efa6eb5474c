"""A ROS 2 node: follows the object of the last box on `roi` through the images on `image`, and publishes its box.

    python examples/ros2_node.py --ros-args -r image:=/camera/image_raw

`roi` takes sensor_msgs/RegionOfInterest, `tracked` gives vision_msgs/Detection2D with the score.
"""

import rclpy
from cv_bridge import CvBridge
from rclpy.node import Node
from sensor_msgs.msg import Image, RegionOfInterest
from vision_msgs.msg import Detection2D, ObjectHypothesisWithPose

from pytracking.evaluation.tracker import Tracker
from pytracking.session import Session


class TrackerNode(Node):
    """Follows one object at a time; another box starts again."""

    def __init__(self) -> None:
        super().__init__("dmb")
        self._session, self._bridge, self._roi = Session(Tracker("DMB").create_tracker()), CvBridge(), None
        self._publisher = self.create_publisher(Detection2D, "tracked", 10)
        self.create_subscription(RegionOfInterest, "roi", self.start, 1)
        # A queue of one: what comes while a frame is followed is dropped, but for the newest.
        self.create_subscription(Image, "image", self.follow, 1)

    def start(self, roi: RegionOfInterest) -> None:
        """Begin with a box in the next image."""
        self._roi = roi

    def follow(self, message: Image) -> None:
        """Follow the object into an image, and publish where it is."""
        image = self._bridge.imgmsg_to_cv2(message, "rgb8")
        if self._roi is not None:
            self._session.clear()
            roi, self._roi = self._roi, None
            self._session.add(image, box=(roi.x_offset, roi.y_offset, roi.width, roi.height))
        elif self._session.results:
            self._session.step(image)
        for result in self._session.results.values():
            x, y, w, h = (float(number) for number in result.box)
            detection = Detection2D(header=message.header)
            detection.bbox.center.position.x, detection.bbox.center.position.y = x + w / 2, y + h / 2
            detection.bbox.size_x, detection.bbox.size_y = w, h
            detection.results.append(ObjectHypothesisWithPose())
            detection.results[0].hypothesis.score = float(result.score)
            self._publisher.publish(detection)


if __name__ == "__main__":
    rclpy.init()
    rclpy.spin(TrackerNode())
