import type { Speakers } from '../dialogue.js';

export const english: Speakers = {
  names: [
    ['Asha Patel', 'asha.patel'],
    ['Grace Miller', 'grace.miller'],
    ['Liam O’Connor', 'liam.oconnor'],
    ['Zoe Bennett', 'zoe.bennett'],
    ['Samuel Adeyemi', 'samuel.adeyemi'],
    ['Hannah Clarke', 'hannah.clarke'],
    ['Owen Hughes', 'owen.hughes'],
    ['Chloe Martin', 'chloe.martin'],
  ],
  dialogues: [
    {
      subject: 'Where is my parcel?',
      label: 'delivery',
      handover: { reason: 'BOT_CANNOT_ANSWER', summary: 'Order {order} has not moved for four days.' },
      lines: [
        ['customer', 'Hi, order {order} was due on Monday and the tracking has not moved since.'],
        ['bot', 'Hello {name}! I can look that up: the parcel was last scanned at the depot four days ago.'],
        ['customer', 'I can see that myself. Can a person help, please?'],
        [
          'agent',
          'Hello {name}, this is {agent}. I have asked the carrier to search for it, they answer within a day.',
        ],
        ['note', 'Carrier ticket opened. If nothing by tomorrow, send a replacement.'],
        ['customer', 'Thank you. And if they do not find it?'],
        ['agent', 'Then we send a new one at our cost, you need not do anything.'],
        ['customer', 'Perfect, thanks {agent}!'],
      ],
    },
    {
      subject: 'Charged twice',
      label: 'refund',
      handover: { reason: 'NEEDS_EXPERTISE', summary: 'Two charges for order {order}, one must go back.' },
      lines: [
        ['customer', 'My card was charged twice for order {order}.'],
        ['bot', 'I am sorry to hear that. I cannot see payments, so I will bring in a colleague.'],
        ['agent', 'Hi {name}, I see both charges. One is only reserved and will vanish in three days.'],
        ['customer', 'My bank says both are booked.'],
        ['agent', 'You are right, the second was booked this morning. I have sent it back just now.'],
        ['note', 'Second charge refunded in full, reference R-{order}.'],
        ['customer', 'I got the mail. Thank you for being quick.'],
      ],
    },
    {
      subject: 'Invoice for the company',
      label: 'invoice',
      handover: { reason: 'CUSTOMER_REQUESTED', summary: 'Wants the invoice of {order} in a company’s name.' },
      lines: [
        ['customer', 'Could you put our company on the invoice for {order}? Hughes Joinery Ltd, 4 Mill Lane, Leeds.'],
        ['agent', 'Of course, {name}. Do you have a VAT number for me?'],
        ['customer', 'GB 123 4567 89'],
        ['agent', 'Done, the new invoice is on its way to your e-mail.'],
      ],
    },
    {
      subject: 'Does it fit?',
      label: 'question',
      handover: { reason: 'BOT_CANNOT_ANSWER', summary: 'Asks whether the rack fits a 29 inch wheel.' },
      lines: [
        ['customer', 'Does the rear rack fit a 29 inch bike?'],
        ['bot', 'The rack fits wheels from 26 to 28 inches. For others I would rather ask.'],
        ['agent', 'It does, with the longer stays. I can add them to your basket for free.'],
        ['customer', 'Yes please!'],
        ['agent', 'They are in it. Have a good ride, {name}.'],
      ],
    },
    {
      subject: 'Wrong colour',
      label: 'refund',
      handover: { reason: 'BOT_CANNOT_ANSWER', summary: 'Got the green jacket of {order}, ordered blue.' },
      lines: [
        ['customer', 'I ordered the blue jacket and got the green one. Order {order}.'],
        ['bot', 'Sorry about that! Would you like an exchange or your money back?'],
        ['customer', 'An exchange. But I am away from Friday.'],
        [
          'agent',
          'Then let us do it by express: the blue one is with you on Thursday. Keep the green one until you are back.',
        ],
        ['note', 'Express at our cost. Return label is valid for 60 days.'],
        ['customer', 'That is very kind.'],
      ],
    },
    {
      subject: 'Gift for a wedding',
      label: 'vip',
      handover: { reason: 'ESCALATION', summary: 'Regular customer, needs {order} by Saturday for a wedding.' },
      lines: [
        ['customer', 'I need order {order} by Saturday, it is a wedding present. Please do not let me down!'],
        ['bot', 'I have marked your order as urgent and called a colleague.'],
        ['agent', '{name}, I packed it myself a minute ago. It leaves at five today.'],
        ['customer', 'You are a star!'],
      ],
    },
  ],
};
