import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.openprovenance.prov.interop.Formats.ProvFormat;
import org.openprovenance.prov.interop.InteropFramework;
import org.openprovenance.prov.model.Document;

/**
 * ProvToolbox as a program. {@code convert FROM TO} converts each file of a folder to PROV-N and PROV-JSON. {@code
 * documents TO} writes the documents of ProvToolbox's own tests in every format. The reason of a failure goes into a file
 * {@code .error}.
 */
class Toolbox {
    private static final Map<String, ProvFormat> FORMATS = Map.of(
            "provn", ProvFormat.PROVN,
            "json", ProvFormat.JSON,
            "xml", ProvFormat.XML,
            "ttl", ProvFormat.TURTLE,
            "trig", ProvFormat.TRIG,
            "rdf", ProvFormat.RDFXML);

    private static final InteropFramework TOOLBOX = new InteropFramework();

    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        if (arguments[0].equals("convert")) {
            convert(Path.of(arguments[1]), Path.of(arguments[2]));
        } else {
            documents(Path.of(arguments[1]));
        }
        out.println("done");
        System.exit(0);
    }

    private static void convert(Path from, Path to) throws Exception {
        File[] files = from.toFile().listFiles();
        Arrays.sort(files, Comparator.comparing(File::getName));
        for (File file : files) {
            String name = file.getName();
            try {
                String extension = name.substring(name.lastIndexOf('.') + 1);
                Document document = TOOLBOX.readDocumentFromFile(file.getPath(), FORMATS.get(extension));
                for (String format : List.of("provn", "json")) {
                    write(document, to, name, format);
                }
            } catch (Throwable failure) {
                fail(failure, to, name);
            }
        }
    }

    private static void documents(Path to) throws Exception {
        var statements = new org.openprovenance.prov.xml.RoundTripFromJavaTest("") {
            @Override
            public void compareDocAndFile(Document document, String file, boolean check) {
                writeAll(this, document, to, file);
            }
        };
        var attributes = new org.openprovenance.prov.xml.AttributeTest("") {
            @Override
            public void compareDocAndFile(Document document, String file, boolean check) {
                writeAll(this, document, to, file);
            }
        };
        for (Object tests : List.of(statements, attributes)) {
            Method[] methods = tests.getClass().getSuperclass().getMethods();
            Arrays.sort(methods, Comparator.comparing(Method::getName));
            for (Method method : methods) {
                boolean isTest = method.getName().startsWith("test") && method.getParameterCount() == 0;
                if (isTest && Modifier.isPublic(method.getModifiers())) {
                    try {
                        method.invoke(tests);
                    } catch (ReflectiveOperationException failure) {
                        fail(failure.getCause(), to, method.getName());
                    }
                }
            }
        }
    }

    private static void writeAll(Object tests, Document document, Path to, String file) {
        String name = file.substring(file.lastIndexOf('/') + 1);
        String bare = name.contains(".") ? name.substring(0, name.lastIndexOf('.')) : name;
        try {
            tests.getClass().getMethod("updateNamespaces", Document.class).invoke(tests, document);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
        }
        for (String format : FORMATS.keySet()) {
            write(document, to, bare, format);
        }
    }

    private static void write(Document document, Path to, String name, String format) {
        var written = new ByteArrayOutputStream();
        try {
            TOOLBOX.writeDocument(written, FORMATS.get(format), document);
            Files.write(to.resolve(name + "." + format), written.toByteArray());
        } catch (Throwable failure) {
            fail(failure, to, name + "." + format);
        }
    }

    private static void fail(Throwable failure, Path to, String name) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        try {
            Files.write(to.resolve(name + ".error"), String.valueOf(cause).getBytes(StandardCharsets.UTF_8));
        } catch (java.io.IOException unwritten) {
            throw new java.io.UncheckedIOException(unwritten);
        }
    }
}
