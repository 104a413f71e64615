import { createFileRoute } from "@tanstack/react-router";
import { Macros } from "~/features/settings/macros";

export const Route = createFileRoute("/_app/settings/macros")({ component: Macros });
