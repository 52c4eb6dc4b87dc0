"""The rehearsal: Telegram and WeChat played by this machine, with phones in the browser and a movable clock."""
