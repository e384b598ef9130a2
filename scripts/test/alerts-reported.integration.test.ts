/** What sources report, what rules make of it, and what becomes known of it: by one running house. */
import './alerts/reported.ts'
import './alerts/suppressed.ts'
import './alerts/gathered.ts'
import './alerts/counted.ts'
import './alerts/doors.ts'
