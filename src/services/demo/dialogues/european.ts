import type { Speakers } from '../dialogue.js';

export const german: Speakers = {
  names: [
    ['Jonas Weber', 'jonas.weber'],
    ['Katrin Vogel', 'katrin.vogel'],
    ['Jürgen Groß', 'juergen.gross'],
  ],
  dialogues: [
    {
      subject: 'Lieferung beschädigt',
      label: 'refund',
      handover: { reason: 'LANGUAGE', summary: 'German: the lamp of order {order} arrived broken.' },
      lines: [
        ['customer', 'Guten Tag, die Lampe aus Bestellung {order} kam zerbrochen an.'],
        ['bot', 'Das tut mir leid. Ich verbinde Sie mit einer Kollegin.'],
        ['agent', 'Guten Tag, {name}. Möchten Sie eine neue Lampe oder das Geld zurück?'],
        ['customer', 'Eine neue, bitte. Muss ich die Scherben zurückschicken?'],
        ['agent', 'Nein, ein Foto genügt. Die neue geht morgen raus.'],
        ['note', 'Breakage claimed from the carrier.'],
        ['customer', 'Wunderbar, vielen Dank!'],
      ],
    },
    {
      subject: 'Rechnung fehlt',
      label: 'invoice',
      handover: { reason: 'BOT_CANNOT_ANSWER', summary: 'German: no invoice came with order {order}.' },
      lines: [
        ['customer', 'Zu Bestellung {order} habe ich keine Rechnung bekommen.'],
        ['agent', 'Ich habe sie Ihnen gerade noch einmal geschickt, {name}.'],
        ['customer', 'Ist da, danke.'],
      ],
    },
  ],
};

export const spanish: Speakers = {
  names: [
    ['Lucía Fernández', 'lucia.fernandez'],
    ['Diego Morales', 'diego.morales'],
    ['Valentina Ríos', 'valentina.rios'],
  ],
  dialogues: [
    {
      subject: 'Cambio de dirección',
      label: 'delivery',
      handover: { reason: 'LANGUAGE', summary: 'Spanish: order {order} should go to another address.' },
      lines: [
        ['customer', 'Hola, ¿puedo cambiar la dirección del pedido {order}? Me mudo el jueves.'],
        ['bot', '¡Hola, {name}! Voy a avisar a una persona del equipo.'],
        ['agent', 'Hola, {name}, soy {agent}. Dígame la nueva dirección y la cambio ahora mismo.'],
        ['customer', 'Calle Mayor 12, 2.º B, 28013 Madrid.'],
        ['agent', 'Listo. Le llegará el viernes por la mañana.'],
        ['customer', '¡Muchas gracias!'],
      ],
    },
  ],
};

export const french: Speakers = {
  names: [
    ['Camille Dubois', 'camille.dubois'],
    ['Émile Lefèvre', 'emile.lefevre'],
  ],
  dialogues: [
    {
      subject: 'Remboursement',
      label: 'refund',
      handover: { reason: 'NEGATIVE_SENTIMENT', summary: 'French: waits for the refund of {order}, is cross.' },
      lines: [
        ['customer', 'Cela fait trois semaines que j’attends le remboursement de la commande {order} !'],
        ['bot', 'Je suis désolée, {name}. Je transmets à un collègue.'],
        ['agent', 'Bonjour {name}, vous avez raison : il était resté bloqué chez nous. Il vient de partir.'],
        ['note', 'Stuck because of the changed bank account. Apologised, voucher of 10 sent.'],
        ['customer', 'Merci, et merci pour le bon d’achat.'],
      ],
    },
  ],
};

export const portuguese: Speakers = {
  names: [
    ['Beatriz Carvalho', 'beatriz.carvalho'],
    ['João Nogueira', 'joao.nogueira'],
  ],
  dialogues: [
    {
      subject: 'Prazo de entrega',
      label: 'delivery',
      handover: { reason: 'BOT_CANNOT_ANSWER', summary: 'Portuguese: asks when order {order} arrives in Porto.' },
      lines: [
        ['customer', 'Boa tarde, quando chega a encomenda {order} ao Porto?'],
        ['bot', 'Boa tarde, {name}! Está a caminho; para o dia certo chamo um colega.'],
        ['agent', 'Chega amanhã entre as 10 e as 12, {name}.'],
        ['customer', 'Ótimo, obrigada!'],
      ],
    },
  ],
};

export const turkish: Speakers = {
  names: [
    ['Elif Şahin', 'elif.sahin'],
    ['İbrahim Çelik', 'ibrahim.celik'],
  ],
  dialogues: [
    {
      subject: 'İade',
      label: 'refund',
      handover: { reason: 'LANGUAGE', summary: 'Turkish: shoes of {order} are too small.' },
      lines: [
        ['customer', 'Merhaba, {order} numaralı siparişteki ayakkabı küçük geldi.'],
        ['bot', 'Merhaba {name}! Sizi bir arkadaşıma bağlıyorum.'],
        ['agent', 'Bir numara büyüğünü bugün yolluyoruz, eskisini kurye alacak.'],
        ['customer', 'Teşekkür ederim!'],
      ],
    },
  ],
};

export const russian: Speakers = {
  names: [
    ['Анна Смирнова', 'anna.smirnova'],
    ['Дмитрий Ковалёв', 'dmitri.kovalev'],
  ],
  dialogues: [
    {
      subject: 'Не приходит код',
      label: 'question',
      handover: { reason: 'BOT_CANNOT_ANSWER', summary: 'Russian: the code for signing in does not arrive.' },
      lines: [
        ['customer', 'Здравствуйте, код для входа не приходит уже час.'],
        ['bot', 'Здравствуйте, {name}! Проверьте, пожалуйста, папку «Спам».'],
        ['customer', 'Там тоже нет.'],
        ['agent', 'Нашёл причину: в адресе была опечатка. Исправил, попробуйте ещё раз.'],
        ['customer', 'Заработало, спасибо!'],
      ],
    },
  ],
};
