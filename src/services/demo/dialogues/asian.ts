import type { Speakers } from '../dialogue.js';

export const japanese: Speakers = {
  names: [
    ['佐藤 美咲', 'misaki.sato'],
    ['高橋 健太', 'kenta.takahashi'],
  ],
  dialogues: [
    {
      subject: '返品について',
      label: 'refund',
      handover: { reason: 'LANGUAGE', summary: 'Japanese: wants to return the kettle of order {order}.' },
      lines: [
        ['customer', 'こんにちは。注文{order}のケトルを返品したいのですが。'],
        ['bot', 'お問い合わせありがとうございます。担当者におつなぎします。'],
        ['agent', '{name}様、返品用のラベルをメールでお送りしました。'],
        ['customer', '届きました。ありがとうございます。'],
        ['note', 'Kettle unopened, full refund once it is back.'],
      ],
    },
  ],
};

export const chinese: Speakers = {
  names: [
    ['王芳', 'fang.wang'],
    ['李明', 'ming.li'],
  ],
  dialogues: [
    {
      subject: '发票抬头',
      label: 'invoice',
      handover: { reason: 'NEEDS_EXPERTISE', summary: 'Chinese: the invoice of {order} needs another name.' },
      lines: [
        ['customer', '你好，订单{order}的发票抬头写错了，可以改吗？'],
        ['bot', '您好！我请同事来帮您处理。'],
        ['agent', '可以的，请把正确的抬头发给我。'],
        ['customer', '上海晨光贸易有限公司'],
        ['agent', '已经改好，新的发票稍后发到您的邮箱。'],
        ['customer', '谢谢！'],
      ],
    },
  ],
};

export const hindi: Speakers = {
  names: [
    ['आरव शर्मा', 'aarav.sharma'],
    ['दिया वर्मा', 'diya.verma'],
  ],
  dialogues: [
    {
      subject: 'ऑर्डर रद्द करना',
      label: 'refund',
      handover: { reason: 'CUSTOMER_REQUESTED', summary: 'Hindi: wants to cancel order {order} before it leaves.' },
      lines: [
        ['customer', 'नमस्ते, मुझे ऑर्डर {order} रद्द करना है।'],
        ['bot', 'नमस्ते {name}! मैं आपको हमारे साथी से जोड़ रहा हूँ।'],
        ['agent', 'ऑर्डर रद्द हो गया है, पैसे तीन दिन में लौट आएँगे।'],
        ['customer', 'बहुत धन्यवाद।'],
      ],
    },
  ],
};

export const arabic: Speakers = {
  names: [
    ['ليلى حداد', 'layla.haddad'],
    ['يوسف منصور', 'youssef.mansour'],
  ],
  dialogues: [
    {
      subject: 'تأخر الشحنة',
      label: 'delivery',
      handover: { reason: 'LANGUAGE', summary: 'Arabic: order {order} is late, wants a new date.' },
      lines: [
        ['customer', 'مرحباً، الطلب {order} متأخر منذ أسبوع.'],
        ['bot', 'مرحباً {name}، سأحوّلك إلى أحد الزملاء.'],
        ['agent', 'نعتذر عن التأخير، ستصل الشحنة يوم الخميس.'],
        ['note', 'Held at customs, papers sent again.'],
        ['customer', 'شكراً لكم.'],
      ],
    },
  ],
};
