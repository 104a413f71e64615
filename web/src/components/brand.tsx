import { Headset } from "lucide-react";
import classes from "./brand.module.css";

export function Brand() {
  return (
    <span className={classes.brand}>
      <span className={classes.mark}>
        <Headset size={15} aria-hidden />
      </span>
      Patchcord
    </span>
  );
}
