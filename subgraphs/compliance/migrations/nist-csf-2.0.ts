/** The categories of the NIST Cybersecurity Framework 2.0 (public domain): section, code, title, and our id. */
export const framework = {
  id: '019b8127-6000-7523-9216-4cbb1704613e',
  name: 'NIST Cybersecurity Framework',
  version: '2.0',
  catalogUri: 'https://www.nist.gov/cyberframework',
}

export const controls = [
  ['Govern', 'GV.OC', 'Organizational Context', '019b8127-6000-748c-9138-eddeeaad7e7c'],
  ['Govern', 'GV.RM', 'Risk Management Strategy', '019b8127-6000-76a3-9a3f-7315dffb423c'],
  ['Govern', 'GV.RR', 'Roles, Responsibilities, and Authorities', '019b8127-6000-7081-9875-647032eb90cf'],
  ['Govern', 'GV.PO', 'Policy', '019b8127-6000-70f0-9bd0-db5f36481c69'],
  ['Govern', 'GV.OV', 'Oversight', '019b8127-6000-73ac-b3e2-874ac841b647'],
  ['Govern', 'GV.SC', 'Cybersecurity Supply Chain Risk Management', '019b8127-6000-74ee-bea4-7ca778844356'],
  ['Identify', 'ID.AM', 'Asset Management', '019b8127-6000-7449-abb2-ffc08c23fc71'],
  ['Identify', 'ID.RA', 'Risk Assessment', '019b8127-6000-70b7-b2c2-882c03c704d9'],
  ['Identify', 'ID.IM', 'Improvement', '019b8127-6000-7492-9871-5886387df4c4'],
  [
    'Protect',
    'PR.AA',
    'Identity Management, Authentication, and Access Control',
    '019b8127-6000-72b4-91b7-ac2fa7357f4c',
  ],
  ['Protect', 'PR.AT', 'Awareness and Training', '019b8127-6000-77e1-90da-ef7b3f78bde2'],
  ['Protect', 'PR.DS', 'Data Security', '019b8127-6000-74c5-b112-202de3fd8903'],
  ['Protect', 'PR.PS', 'Platform Security', '019b8127-6000-7479-98ba-fe69bf702eab'],
  ['Protect', 'PR.IR', 'Technology Infrastructure Resilience', '019b8127-6000-7352-b4b8-4f0e937340aa'],
  ['Detect', 'DE.CM', 'Continuous Monitoring', '019b8127-6000-70ae-8efe-b175fbfa988f'],
  ['Detect', 'DE.AE', 'Adverse Event Analysis', '019b8127-6000-77b1-a93a-0acfce559937'],
  ['Respond', 'RS.MA', 'Incident Management', '019b8127-6000-7402-873c-df67cc43f4b7'],
  ['Respond', 'RS.AN', 'Incident Analysis', '019b8127-6000-71ca-b1f7-91195e8e8d76'],
  [
    'Respond',
    'RS.CO',
    'Incident Response Reporting and Communication',
    '019b8127-6000-766d-b8a4-73325511e6d1',
  ],
  ['Respond', 'RS.MI', 'Incident Mitigation', '019b8127-6000-751d-9e44-7caddd338194'],
  ['Recover', 'RC.RP', 'Incident Recovery Plan Execution', '019b8127-6000-723a-a381-a2727d66c364'],
  ['Recover', 'RC.CO', 'Incident Recovery Communication', '019b8127-6000-7753-80fd-d55b16ddc9ff'],
] as const
