import { fastifyPlugin } from 'fastify-plugin'
import '../context.ts'
import type { Counter } from '../rates.ts'

/** Keys are counted before anything is done for them, and told how much is left; people are not. */
export const rates = fastifyPlugin<{ counter: Counter }>(async (app, { counter }) => {
  app.addHook('onRequest', (request, reply, done) => {
    const counting = counter.count(request.viewer)
    if (!counting) return done()
    void counting.then(({ headers, refused, leave }) => {
      reply.headers(headers)
      // A socket is open for hours; what is asked over it is counted there.
      if (request.ws) leave()
      else reply.raw.once('finish', leave).once('close', leave)
      if (reply.raw.destroyed) leave()
      done(refused ?? undefined)
    }, done)
  })
})
