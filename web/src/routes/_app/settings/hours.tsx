import { createFileRoute } from "@tanstack/react-router";
import { HoursPage } from "~/features/settings/hours";

export const Route = createFileRoute("/_app/settings/hours")({ component: HoursPage });
