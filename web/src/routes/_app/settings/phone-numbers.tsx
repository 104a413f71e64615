import { createFileRoute } from "@tanstack/react-router";
import { PhoneNumbers } from "~/features/settings/phone-numbers";

export const Route = createFileRoute("/_app/settings/phone-numbers")({ component: PhoneNumbers });
