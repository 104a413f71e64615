import { createFileRoute } from "@tanstack/react-router";
import { DevicePage } from "~/features/directory/details";

export const Route = createFileRoute("/_app/devices/$device")({ component: DevicePageRoute });

function DevicePageRoute() {
  const { device } = Route.useParams();
  return <DevicePage key={device} id={device} />;
}
