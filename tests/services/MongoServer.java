import de.bwaldvogel.mongo.backend.memory.MemoryBackend;

/** Mongo Java Server on a port of 127.0.0.1: its own program has one port only. */
class MongoServer {
    public static void main(String[] arguments) {
        var server = new de.bwaldvogel.mongo.MongoServer(new MemoryBackend());
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
    }
}
